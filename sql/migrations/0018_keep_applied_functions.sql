-- Functions and views live in sql/functions from here on; what earlier migrations made of them is replaced from there.

create table applied_functions (
  name text not null,
  checksum text not null,
  applied_at timestamptz not null,
  constraint applied_functions_pkey primary key (name)
);
comment on table applied_functions is 'Files of sql/functions as they were applied last: one whose checksum has not changed is not applied again.';
comment on column applied_functions.name is 'The file, for instance `functions/census.sql`.';
comment on column applied_functions.checksum is 'sha256 of its text, hex.';
comment on column applied_functions.applied_at is 'When it was applied, by the clock of the database.';
