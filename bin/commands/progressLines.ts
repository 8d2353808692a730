import type { Logger } from '../../lib/logger.ts';

const betweenMs = 10_000;

/** Logs what it is told, at most every ten seconds. */
export function tellNowAndThen(
  log: Logger,
  message: string,
): (fields: Readonly<Record<string, string | number>>) => void {
  let toldAt = performance.now();
  return (fields) => {
    const now = performance.now();
    if (now - toldAt < betweenMs) return;
    toldAt = now;
    log.info(message, fields);
  };
}

/** `1.2 GB`, in powers of ten. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 10 ** (3 * power)).toFixed(1)} ${units[power]}`;
}

/** `12.3 s` */
export function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
