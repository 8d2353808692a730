import { existsSync, readFileSync } from 'node:fs';
import { ownImports } from './testResources.ts';

/** What leaves the process, and what measures or changes it: a file that reaches one of these runs by itself. */
const apart = [
  /from 'node:(?:child_process|cluster|dgram|dns|http|http2|https|inspector|net|tls|v8|vm|worker_threads)(?:\/\w+)?'/,
  /from 'node:fs\/promises'/,
  /\bmemoryUsage\(|\bglobal(?:This)?\.gc\b/,
  // Takes the native curve from whoever asks for it next.
  /\bhideNativeCurve\b/,
];

/**
 * Which test files may run one after another in one process: those of one room that compute, and touch nothing outside.
 * `built` gives the built file of a source. The others stand alone, and so does what is known to be long: it gains nothing.
 */
export function planSeries(
  sources: readonly string[],
  built: (source: string) => string,
  isLong: (source: string) => boolean,
): string[][] {
  const rooms = new Map<string, string[]>();
  const alone: string[][] = [];
  const known = new Map<string, boolean>();
  for (const source of sources) {
    if (!isLong(source) && !isApart(built(source), known)) {
      const room = source.split('/')[0] ?? '';
      rooms.set(room, [...(rooms.get(room) ?? []), source]);
    } else alone.push([source]);
  }
  return [...rooms.values(), ...alone];
}

function isApart(file: string, known: Map<string, boolean>): boolean {
  const before = known.get(file);
  if (before !== undefined) return before;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found =
    apart.some((pattern) => pattern.test(text)) || ownImports(file, text).some((path) => isApart(path, known));
  known.set(file, found);
  return found;
}
