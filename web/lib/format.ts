/**
 * How numbers, hashes and times are written. Never locale formatting: a figure must read the same in a
 * screenshot, a report and another country. Times are UTC and say so.
 */

/** 1234567 -> `1,234,567`. Takes decimal text too, for unsigned 64-bit integers. */
export function formatCount(value: number | string): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** 12345 -> `12.3k`, for axes and small places. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size < 1_000) return String(Math.round(value * 10) / 10);
  const [unit, suffix] = size < 999_950 ? [1_000, 'k'] : [1_000_000, 'M'];
  const scaled = value / unit;
  return `${Math.abs(scaled) < 99.95 ? Math.round(scaled * 10) / 10 : Math.round(scaled)}${suffix}`;
}

/** Part of a whole; `–` where there is no whole. Small parts never read as none. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const percent = (part / whole) * 100;
  if (part > 0 && percent < 0.1) return '<0.1%';
  if (part < whole && percent > 99.9) return '>99.9%';
  return `${percent.toFixed(1)}%`;
}

/** The same of a share that is known as such, from 0 to 1. */
export function formatFraction(share: number): string {
  return formatShare(share, 1);
}

/** Signed change in percent, `+2.0%`; `–` where it started at nothing. */
export function formatChange(from: number, to: number): string {
  if (from <= 0) return '–';
  const percent = ((to - from) / from) * 100;
  const text = Math.abs(percent).toFixed(1);
  if (text === '0.0') return '±0.0%';
  return `${percent > 0 ? '+' : '−'}${text}%`;
}

/** Long hex: its first and last digits. The whole stands in the title and behind the copy button. */
export function shortenHex(hex: string, head = 8, tail = 6): string {
  const prefix = hex.startsWith('0x') ? '0x' : '';
  const digits = hex.slice(prefix.length);
  if (digits.length <= head + tail + 1) return hex;
  return `${prefix}${digits.slice(0, head)}…${digits.slice(-tail)}`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** `2026-01-07 01:01:11 UTC` */
export function formatInstant(ms: number): string {
  return `${formatDay(ms)} ${formatTime(ms)} UTC`;
}

/** `2026-01-07` */
export function formatDay(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
}

/** `14:05:10`, UTC */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

/** `2026-01-07 14:05`, UTC: where the unit stands in a heading. */
export function formatMinute(ms: number): string {
  return `${formatDay(ms)} ${formatTime(ms).slice(0, 5)}`;
}

export type DurationUnit = 's' | 'min' | 'h' | 'd';

/** The largest unit that gives at least 2 (1 for the smallest), rounded down: 119 s stays `119 s`. */
export function splitDuration(seconds: number): { readonly value: number; readonly unit: DurationUnit } {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return { value: whole, unit: 's' };
  if (whole < 7_200) return { value: Math.floor(whole / 60), unit: 'min' };
  if (whole < 172_800) return { value: Math.floor(whole / 3_600), unit: 'h' };
  return { value: Math.floor(whole / 86_400), unit: 'd' };
}

/** `12 s`, `3 min`, `5 h`, `9 d`: the units' symbols are the same in every language of ours. */
export function formatDuration(seconds: number): string {
  const { value, unit } = splitDuration(seconds);
  return `${value} ${unit}`;
}

/** `203.0.113.7:30303`, `[2001:db8::1]:30303`; a masked address (`203.0.113.0/24`) or one not known has no port. */
export function formatEndpoint(ip: string, port: number): string {
  if (ip === '') return '–';
  if (ip.includes('/') || port === 0) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** `07 Jan 2026`-like texts differ by language; the ISO day does not. A fork's activation, block or time. */
export function formatActivation(kind: 'block' | 'time', at: string): string {
  if (kind === 'block') return `#${formatCount(at)}`;
  const seconds = Number(at);
  // Beyond the range of Date: a peer or a file may name any 64-bit number.
  return seconds <= 8_640_000_000_000 ? `${formatMinute(seconds * 1_000)} UTC` : formatCount(at);
}
