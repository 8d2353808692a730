-- A crawler that is late with its visits sees less than it plans: its spans say from how much lateness on, in ms.

alter table crawl_spans add column late_ms bigint not null default 0 check (late_ms >= 0);
