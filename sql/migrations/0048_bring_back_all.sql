-- repair_future brings back names and ended series as well, reads large tables only where something is to be brought back,
-- and a crawler beside an old name of its own counts as alone.
comment on column count_series.ended_at is 'The census at which it had vanished, one that is kept; null while it is counted.';
