import { type Alert, alertKey } from './alert.ts';

/** `webhook`: our own JSON; `slack`: the text format of Slack and similar services; `alertmanager`: its v2 API. */
const targetKinds = ['webhook', 'slack', 'alertmanager'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** The body that a target of this kind expects for these alerts. */
export function formatAlerts(kind: TargetKind, alerts: readonly Alert[]): unknown {
  switch (kind) {
    case 'webhook':
      return { version: 1, source: 'forkscope', alerts: alerts.map(toJson) };
    case 'slack':
      return { text: alerts.map(toText).join('\n') };
    case 'alertmanager':
      return alerts.map(({ name, labels, severity, summary, description, startsAt, endsAt }) => ({
        labels: { alertname: name, ...labels, severity, source: 'forkscope' },
        annotations: { summary, description },
        startsAt: new Date(startsAt).toISOString(),
        ...(endsAt === null ? {} : { endsAt: new Date(endsAt).toISOString() }),
      }));
  }
}

function toJson(alert: Alert): unknown {
  const { name, severity, labels, summary, description, startsAt, endsAt } = alert;
  return {
    key: alertKey(alert),
    status: statusOf(alert),
    name,
    severity,
    ...labels,
    summary,
    description,
    startsAt: new Date(startsAt).toISOString(),
    endsAt: endsAt === null ? null : new Date(endsAt).toISOString(),
  };
}

function toText(alert: Alert): string {
  const { name, severity, summary, description, startsAt, endsAt } = alert;
  if (endsAt !== null) {
    return `*RESOLVED* ${escapeMarkup(name)}: ${escapeMarkup(summary)} (lasted ${describeDuration(endsAt - startsAt)})`;
  }
  return `*${severity.toUpperCase()}* ${escapeMarkup(name)}: ${escapeMarkup(summary)}\n${escapeMarkup(description)}`;
}

function statusOf(alert: Alert): 'firing' | 'resolved' {
  return alert.endsAt === null ? 'firing' : 'resolved';
}

/** The three characters that Slack's mark-up reserves. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
