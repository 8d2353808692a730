/**
 * How hashes, addresses and times are written: the same in every language, so that they can be compared between a
 * screenshot, a report and a log. Times are UTC and say so. Numbers follow the language: see numbers.ts.
 */
import type { Numbers } from '../i18n/numbers.ts';

/** Long hex: its first and last digits. The whole text is in the title and behind the copy button. */
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

/** `2026-01-07 14:05`, UTC: for places where a heading gives the zone. */
export function formatMinute(ms: number): string {
  return `${formatDay(ms)} ${formatTime(ms).slice(0, 5)}`;
}

/** `203.0.113.7:30303`, `[2001:db8::1]:30303`; a masked address (`203.0.113.0/24`) or an unknown one has no port. */
export function formatEndpoint(ip: string, port: number): string {
  if (ip === '') return '–';
  if (ip.includes('/') || port === 0) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** A fork's activation, `#12,965,000` or `2026-01-07 01:01 UTC`. */
export function formatActivation(kind: 'block' | 'time', at: string, numbers: Numbers): string {
  if (kind === 'block') return `#${numbers.count(at)}`;
  const seconds = Number(at);
  // Beyond the range of Date: a peer or a file may give any 64-bit number.
  return seconds <= 8_640_000_000_000 ? `${formatMinute(seconds * 1_000)} UTC` : numbers.count(at);
}
