-- What went wrong, when, and whether it still lasts: fork splits, chain splits and Raft alike.

create table events (
  event_no bigint generated always as identity,
  kind text not null,
  subject text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  confirmed boolean not null default true,
  data jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  constraint events_pkey primary key (event_no),
  constraint events_identity_key unique (kind, subject, opened_at),
  constraint events_kind_shape check (kind ~ '^[a-z][A-Za-z0-9]{0,39}$'),
  constraint events_subject_length check (octet_length(subject) between 1 and 200),
  constraint events_closed_after_opened check (closed_at >= opened_at)
);
comment on table events is 'Events with a beginning and, once over, an end. An event of a moment (a leader change) has closed_at = opened_at.';
comment on column events.event_no is 'Internal number; also the order in which events were written.';
comment on column events.kind is 'What happened, for instance `forkSplit`, `chainSplit`, `leaderChange`, `noLeader`.';
comment on column events.subject is 'What it happened to: `network/<slug>` or `raft/<cluster>`.';
comment on column events.opened_at is 'When it began.';
comment on column events.closed_at is 'When it ended; null while it lasts.';
comment on column events.confirmed is 'False when fewer witnesses than a majority could be asked.';
comment on column events.data is 'Its particulars, by kind.';
comment on column events.updated_at is 'When this row was last written.';
create index events_opened_idx on events (opened_at desc, event_no desc);
create index events_subject_idx on events (subject, opened_at desc);
create index events_open_idx on events (kind, subject) where closed_at is null;
