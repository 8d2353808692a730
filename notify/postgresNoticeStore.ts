import { z } from 'zod';
import { toDate, toIso } from '../lib/time.ts';
import type { Sql } from '../sql/client.ts';
import type { Notice, NoticeChange } from './notice.ts';
import type { NoticeStore, StoredNotice } from './noticeStore.ts';

/** What is over for longer is no news. */
const staleMs = 7 * 86_400_000;

/** Keeps notices in Postgres. Every call is one statement. */
export function createPostgresNoticeStore(sql: Sql): NoticeStore {
  return {
    async load(subject, now) {
      const rows = await sql<NoticeRow[]>`
        select n.kind, n.subject, n.opened_at as "openedAt", n.closed_at as "closedAt", n.version, n.data,
          coalesce(t.sent, '{}') as sent
        from notices n, lateral (
          select jsonb_object_agg(target, sent_version) as sent, bool_or(sent_version < n.version) as behind
          from notice_targets t where t.notice_no = n.notice_no
        ) t
        where n.subject = ${subject}
          and (n.closed_at is null or (t.behind and n.closed_at > ${toDate(now - staleMs)}))
        order by n.opened_at, n.notice_no
        limit ${maxLoaded}`;
      return rows.flatMap(toStored);
    },

    async save(changes, targets, now) {
      await sql`
        with given as (
          select * from jsonb_to_recordset(${json(changes.map(toRow))}::text::jsonb) as x(
            kind text, subject text, opened_at timestamptz, closed_at timestamptz, version int4, data jsonb)
        ), written as (
          insert into notices as n (kind, subject, opened_at, closed_at, version, data, changed_at)
          select kind, subject, opened_at, case when closed_at is null then null else greatest(closed_at, opened_at) end,
            version, data, ${toDate(now)} from given
          on conflict (kind, subject, opened_at) do update set
            closed_at = excluded.closed_at, version = excluded.version, data = excluded.data,
            changed_at = excluded.changed_at
          where n.version <= excluded.version
          returning notice_no
        )
        insert into notice_targets (notice_no, target)
        select notice_no, target from written, jsonb_array_elements_text(${json(targets)}::text::jsonb) as t (target)
        on conflict do nothing`;
    },

    async markSent(delivered) {
      const rows = delivered.map(({ target, change: { notice, version }, at }) => ({
        target,
        kind: notice.kind,
        subject: notice.subject,
        opened_at: toIso(notice.startsAt),
        version,
        at: toIso(at),
      }));
      await sql`
        insert into notice_targets as t (notice_no, target, sent_version, sent_at)
        select n.notice_no, x.target, max(x.version), max(x.at)
        from jsonb_to_recordset(${json(rows)}::text::jsonb) as x(
            target text, kind text, subject text, opened_at timestamptz, version int4, at timestamptz)
          join notices n using (kind, subject, opened_at)
        group by n.notice_no, x.target
        on conflict (notice_no, target) do update set
          sent_version = greatest(t.sent_version, excluded.sent_version), sent_at = excluded.sent_at`;
    },
  };
}

/** Many more than a subject has open. */
const maxLoaded = 1_000;

interface NoticeRow {
  readonly kind: string;
  readonly subject: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly version: number;
  readonly data: unknown;
  readonly sent: unknown;
}

const severity = z.enum(['warning', 'critical']);
const text = z.string();
const dataSchema = z.object({
  labels: z.record(text, text),
  name: text,
  severity,
  summary: text,
  description: text,
  was: z.array(z.object({ name: text, severity })),
  parts: z
    .array(
      z.object({
        name: text,
        severity,
        summary: text,
        description: text,
        startsAt: z.number(),
        endsAt: z.number().nullable(),
      }),
    )
    .min(1),
  page: text.nullable(),
});
const sentSchema = z.record(text, z.number());

/** A row that another version wrote and this one cannot read is left alone. */
function toStored({ kind, subject, openedAt, closedAt, version, data, sent }: NoticeRow): StoredNotice[] {
  const read = dataSchema.safeParse(data);
  const told = sentSchema.safeParse(sent);
  if (!read.success || !told.success) return [];
  const notice: Notice = {
    ...read.data,
    kind,
    subject,
    startsAt: openedAt.getTime(),
    endsAt: closedAt === null ? null : closedAt.getTime(),
  };
  return [{ notice, version, sent: new Map(Object.entries(told.data)) }];
}

function toRow({ notice: { kind, subject, startsAt, endsAt, ...data }, version }: NoticeChange): unknown {
  const closed_at = endsAt === null ? null : toIso(endsAt);
  return { kind, subject, opened_at: toIso(startsAt), closed_at, version, data };
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
