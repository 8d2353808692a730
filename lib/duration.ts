const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;
const unitsFromLargest: readonly Unit[] = ['d', 'h', 'm', 's', 'ms'];

/** `30s`, `24h`, `1h30m`, `1.5s` or `0` as milliseconds; null for anything else, a bare number included. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(?:\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h|d))+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    if (amount !== undefined && isUnit(unit)) total += Number(amount) * unitMs[unit];
  }
  return Math.round(total);
}

/** The shortest text that `parseDuration` reads back as `ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  let rest = Math.round(ms);
  let text = '';
  for (const unit of unitsFromLargest) {
    const amount = Math.floor(rest / unitMs[unit]);
    rest -= amount * unitMs[unit];
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text;
}

function isUnit(text: string | undefined): text is Unit {
  return text !== undefined && text in unitMs;
}
