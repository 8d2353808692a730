/** Circular imports, type imports included: a circle can only be understood, tested and moved as a whole. */
import { posix } from 'node:path';
import type { Finding, SourceFile } from './sourceFile.ts';

/** Circles between files, then between folders; tests aside, which nothing imports. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const byFile = new Map<string, Edge[]>();
  const byFolder = new Map<string, Edge[]>();
  for (const file of files) {
    for (const { specifier, line } of file.imports) {
      const target = posix.join(posix.dirname(file.path), specifier);
      if (!specifier.startsWith('.') || !byPath.has(target)) continue;
      add(byFile, file.path, { to: target, path: file.path, line });
      const [from, to] = [posix.dirname(file.path), posix.dirname(target)];
      if (from !== to && !/\.test\.tsx?$/.test(file.path)) add(byFolder, from, { to, path: file.path, line });
    }
  }
  return [...findCircles(byFile), ...findCircles(byFolder)];
}

/** An import that leads from a file or folder to `to`. */
interface Edge {
  readonly to: string;
  readonly path: string;
  readonly line: number;
}

function findCircles(edges: ReadonlyMap<string, readonly Edge[]>): Finding[] {
  const state = new Map<string, 'open' | 'done'>();
  const findings: Finding[] = [];
  const visit = (place: string, trail: readonly string[]): void => {
    state.set(place, 'open');
    const way = [...trail, place];
    for (const { to, path, line } of edges.get(place) ?? []) {
      if (state.get(to) === undefined) visit(to, way);
      else if (state.get(to) === 'open') {
        const circle = [...way.slice(way.indexOf(to)), to].join(' → ');
        findings.push({ rule: 'cycle', path, line, message: `circle: ${circle}` });
      }
    }
    state.set(place, 'done');
  };
  for (const place of edges.keys()) if (!state.has(place)) visit(place, []);
  return findings;
}

function add(map: Map<string, Edge[]>, from: string, edge: Edge): void {
  const list = map.get(from);
  if (list === undefined) map.set(from, [edge]);
  else list.push(edge);
}
