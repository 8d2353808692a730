import { type Alert, type Notice, type NoticeChange, noticeId, noticeKey, type Severity } from './notice.ts';
import type { TargetKind } from './target.ts';

/** The body that a target of this kind expects for these notices. */
export function formatNotices(kind: TargetKind, changes: readonly NoticeChange[]): unknown {
  switch (kind) {
    case 'webhook':
      return { version: 1, source: 'forkscope', alerts: changes.map(toJson) };
    case 'slack':
      return { text: changes.map(({ notice }) => toText(notice)).join('\n\n') };
    case 'alertmanager':
      return changes.flatMap(({ notice }) => toManagerAlerts(notice));
  }
}

function toJson({ notice, version }: NoticeChange): unknown {
  const { name, severity, labels, summary, description, page, parts, startsAt, endsAt } = notice;
  return {
    key: noticeKey(notice),
    // The same message comes again under the same id if its delivery could not be noted.
    id: `${noticeId(notice)}/${version}`,
    status: statusOf(notice),
    name,
    severity,
    ...labels,
    summary,
    description,
    page,
    startsAt: toIso(startsAt),
    endsAt: endsAt === null ? null : toIso(endsAt),
    parts: parts.map((part) => ({
      name: part.name,
      status: statusOf(part),
      severity: part.severity,
      summary: part.summary,
      startsAt: toIso(part.startsAt),
      endsAt: part.endsAt === null ? null : toIso(part.endsAt),
    })),
  };
}

function toText(notice: Notice): string {
  const { name, severity, summary, description, page, parts, startsAt, endsAt } = notice;
  const others = parts.filter((part) => part.name !== name);
  const lines = [
    `*${endsAt === null ? severity.toUpperCase() : 'RESOLVED'}* ${name}: ${summary}`,
    endsAt === null
      ? `Since ${toClock(startsAt)}`
      : `From ${toClock(startsAt)} for ${describeDuration(endsAt - startsAt)}`,
    ...others.map((part) => `• ${part.name}: ${part.summary}`),
    ...(endsAt === null ? [`What to do: ${description}`] : []),
    ...(page === null ? [] : [page]),
  ];
  return lines.map(escapeMarkup).join('\n');
}

/** Its labels are what Alertmanager knows an alert by, so that a notice that became graver is another one, and the old one is over. */
function toManagerAlerts(notice: Notice): readonly unknown[] {
  const { was, name, severity, summary, description, page, parts, startsAt, endsAt, labels } = notice;
  const base = (identity: { readonly name: string; readonly severity: Severity }): object => ({
    labels: { alertname: identity.name, ...labels, severity: identity.severity, source: 'forkscope' },
    annotations: { summary, description, ...(parts.length < 2 ? {} : { parts: parts.map(describePart).join('; ') }) },
    startsAt: toIso(startsAt),
    ...(page === null ? {} : { generatorURL: page }),
  });
  const graverAt = parts.find((part) => part.name === name)?.startsAt ?? startsAt;
  return [
    ...was.map((identity) => ({ ...base(identity), endsAt: toIso(endsAt ?? graverAt) })),
    { ...base({ name, severity }), ...(endsAt === null ? {} : { endsAt: toIso(endsAt) }) },
  ];
}

function describePart({ name, summary, endsAt }: Alert): string {
  return `${name}${endsAt === null ? '' : ' (over)'}: ${summary}`;
}

function statusOf({ endsAt }: Pick<Notice, 'endsAt'>): 'firing' | 'resolved' {
  return endsAt === null ? 'firing' : 'resolved';
}

function toIso(at: number): string {
  return new Date(at).toISOString();
}

function toClock(at: number): string {
  return `${toIso(at).slice(0, 19).replace('T', ' ')} UTC`;
}

/** The three characters that Slack's mark-up reserves. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
