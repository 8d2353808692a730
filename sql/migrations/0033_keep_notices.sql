-- Notices are kept, so that a restart neither repeats nor forgets one.

create table notices (
  notice_no bigint not null generated always as identity,
  kind text not null,
  subject text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  version integer not null,
  data jsonb not null,
  changed_at timestamptz not null,
  constraint notices_pkey primary key (notice_no),
  constraint notices_identity_key unique (kind, subject, opened_at),
  constraint notices_closed_after_opened check (closed_at >= opened_at),
  constraint notices_kind_shape check (kind ~ '^[a-z][A-Za-z0-9]{0,39}$'),
  constraint notices_subject_length check (octet_length(subject) between 1 and 200),
  constraint notices_version_positive check (version > 0)
);
create index notices_subject_idx on notices (subject, opened_at desc);
comment on table notices is 'Incidents that somebody is told of: each is one row, with all its parts, from its beginning to its end.';
comment on column notices.notice_no is 'Internal number.';
comment on column notices.kind is 'What kind of trouble, for instance `raftLeadership`, `raftChurn`.';
comment on column notices.subject is 'What it is about, as in events: `network/<slug>` or `raft/<cluster>`.';
comment on column notices.opened_at is 'When it began.';
comment on column notices.closed_at is 'When it ended; null while it lasts.';
comment on column notices.version is 'Counts what targets are told of it: that it began, that it is graver, that it is over.';
comment on column notices.data is 'Its texts and parts.';
comment on column notices.changed_at is 'When it was last written.';

create table notice_targets (
  notice_no bigint not null,
  target text not null,
  sent_version integer not null default 0,
  sent_at timestamptz,
  constraint notice_targets_pkey primary key (notice_no, target),
  constraint notice_targets_notice_fkey foreign key (notice_no) references notices (notice_no) on delete cascade
);
comment on table notice_targets is 'Who is to be told of a notice, and what each was told last.';
comment on column notice_targets.notice_no is 'The notice.';
comment on column notice_targets.target is 'The operator''s name for the target.';
comment on column notice_targets.sent_version is 'The newest version that was delivered; 0: none yet. Less than that of the notice: still to be sent.';
comment on column notice_targets.sent_at is 'When it was delivered; null while none was.';
