-- Times come from whoever calls: take_census is told when it was asked. Builds before this one rely on the defaults.

comment on column census_runs.started_at is 'When the work was asked for, by the clock of the process that asked.';
comment on column census_runs.finished_at is 'started_at and the time that the work took.';
comment on column events.updated_at is 'When this row was last written, by the clock of its writer.';
