/** Import directions: who may see whom. The picture is in docs/ARCHITECTURE.md. */
import { posix } from 'node:path';
import { type Finding, isTest, type SourceFile } from './sourceFile.ts';

interface Zone {
  readonly name: string;
  /** A folder with its slash, or one file. */
  readonly at: string;
  /** Names of the zones it may import besides itself. */
  readonly may: readonly string[];
  /** Names of the zones whose shapes it may know, by `import type` only: main.ts joins them at run time. */
  readonly mayKnow?: readonly string[];
}

const crawlerCore = ['lib', 'p2p/ports', 'p2p/wire'];
const judges = ['lib', 'p2p/wire', 'chains/networks', 'chains/forks', 'chains/classify'];
const crawlerAll = [
  ...crawlerCore,
  'crawler/config',
  'crawler/metrics',
  'p2p/protocol',
  'p2p/net',
  'crawler/identity',
  'chains/networks',
  'chains/forks',
  'chains/classify',
  'crawler/crawl',
  'crawler/store',
  'consortium',
  'notify',
  'crawler/jobs',
];
const everything = [
  'crawler/main',
  'testkit',
  ...crawlerAll,
  'sql',
  'api',
  'api/contract',
  'web',
  'grafana',
  'bin',
  'bench',
  'scripts',
  'e2e',
];

/** The most specific zone that holds a file counts. A folder of crawler/ without a zone is an error. */
export const zones: readonly Zone[] = [
  { name: 'lib', at: 'lib/', may: [] },
  { name: 'sql', at: 'sql/', may: ['lib'] },
  { name: 'p2p/ports', at: 'p2p/ports.ts', may: ['lib'] },
  { name: 'crawler/config', at: 'crawler/config.ts', may: ['lib'] },
  {
    name: 'crawler/metrics',
    at: 'crawler/metrics.ts',
    may: [...crawlerCore, 'crawler/crawl', 'p2p/protocol'],
  },
  { name: 'p2p/wire', at: 'p2p/wire/', may: ['lib'] },
  { name: 'p2p/protocol', at: 'p2p/protocol/', may: crawlerCore },
  { name: 'p2p/net', at: 'p2p/net/', may: [...crawlerCore, 'p2p/protocol'] },
  // These three look at each other; that no two files do so in a circle is a rule of its own.
  { name: 'chains/networks', at: 'chains/networks/', may: judges },
  { name: 'chains/forks', at: 'chains/forks/', may: judges },
  { name: 'chains/classify', at: 'chains/classify/', may: judges },
  {
    name: 'crawler/crawl',
    at: 'crawler/crawl/',
    may: [...crawlerCore, 'p2p/protocol', 'chains/networks', 'chains/forks', 'chains/classify'],
  },
  {
    name: 'crawler/store',
    at: 'crawler/store/',
    may: [...crawlerCore, 'sql', 'crawler/crawl', 'chains/networks'],
  },
  {
    name: 'consortium',
    at: 'consortium/',
    may: [...crawlerCore, 'sql', 'notify'],
    mayKnow: ['chains/forks'],
  },
  {
    name: 'crawler/identity',
    at: 'crawler/identity/',
    may: [...crawlerCore, 'p2p/protocol', 'p2p/net', 'chains/networks'],
  },
  { name: 'notify', at: 'notify/', may: ['lib', 'p2p/ports'] },
  {
    name: 'crawler/jobs',
    at: 'crawler/jobs/',
    may: [...crawlerCore, 'sql', 'crawler/store', 'crawler/crawl', 'chains/networks', 'chains/forks'],
  },
  { name: 'testkit', at: 'testkit/', may: [...crawlerAll, 'crawler/main', 'sql'] },
  // main.ts and the parts of it that got a file of their own.
  { name: 'crawler/main', at: 'crawler/*.ts', may: [...crawlerAll, 'sql'] },
  { name: 'api/contract', at: 'api/contract/', may: [] },
  { name: 'api', at: 'api/', may: ['lib', 'sql', 'api/contract'] },
  { name: 'web', at: 'web/', may: ['api/contract', 'lib'] },
  { name: 'grafana', at: 'grafana/', may: everything.filter((name) => name !== 'bin') },
  { name: 'bin', at: 'bin/', may: everything },
  { name: 'bench', at: 'bench/', may: everything },
  { name: 'scripts', at: 'scripts/', may: everything },
  { name: 'e2e', at: 'e2e/', may: everything },
];

/** Zones that only tests and what exists for tests and demos may import. */
const forTests = new Set(['testkit', 'e2e']);
const testOnlyUsers = [
  /\.test\.tsx?$/,
  /^e2e\//,
  /^bench\//,
  /^testkit\//,
  /^bin\/commands\/demo/,
  /(^|\/)testDatabase\.ts$/,
];

export function checkArrows(file: SourceFile): Finding[] {
  const from = zoneOf(file.path);
  if (from === null)
    return [finding(file, 1, `${file.path} is in no zone; give its folder one in scripts/rules/arrows.ts`)];
  return file.imports.flatMap((line) => {
    if (!line.specifier.startsWith('.')) return checkPackage(file, from, line.specifier, line.line);
    const target = posix.join(posix.dirname(file.path), line.specifier);
    if (!/\.(tsx?|mjs|json|css|svg)$/.test(target)) {
      return [finding(file, line.line, `${line.specifier} needs its file name ending`)];
    }
    const to = zoneOf(target);
    if (to === null) return [finding(file, line.line, `${target} is in no zone`)];
    return checkArrow(file, from, to, line);
  });
}

function checkArrow(
  file: SourceFile,
  from: Zone,
  to: Zone,
  line: { readonly line: number; readonly typeOnly: boolean; readonly specifier: string },
): Finding[] {
  if (forTests.has(to.name) && to.name !== from.name && !testOnlyUsers.some((user) => user.test(file.path))) {
    return [finding(file, line.line, `${to.name} is for tests and the demo only`)];
  }
  if (line.typeOnly && from.mayKnow?.includes(to.name)) return [];
  if (from.name === to.name || from.may.includes(to.name) || (isTest(file.path) && testMay(from, to))) {
    if (from.name === 'web' && to.name === 'api/contract' && !line.typeOnly && !isTest(file.path)) {
      return [
        finding(
          file,
          line.line,
          'web sees api/contract by `import type` only, so that no schema code reaches the page',
        ),
      ];
    }
    if (from.name === 'web' && to.name === 'lib' && !line.specifier.endsWith('lib/plural.ts') && !isTest(file.path)) {
      return [finding(file, line.line, 'of lib/, web sees plural.ts only: the rest runs in Node.js')];
    }
    return [];
  }
  return [
    finding(
      file,
      line.line,
      `${from.name} must not import ${to.name}; it may import ${from.may.join(', ') || 'nothing of ours'}`,
    ),
  ];
}

/** A test may use anything but the other process: crawler and api stay strangers even there, and web/ sees api/contract. */
function testMay(from: Zone, to: Zone): boolean {
  const top = (zone: Zone): string =>
    (zone.name.split('/')[0] ?? '').replace(/^(p2p|chains|testkit|notify|consortium)$/, 'crawler');
  const strangers = (a: string, b: string): boolean => top(from) === a && top(to) === b;
  return !strangers('crawler', 'api') && !strangers('api', 'crawler') && !strangers('web', 'crawler');
}

function checkPackage(file: SourceFile, from: Zone, specifier: string, line: number): Finding[] {
  if (from.name !== 'api/contract' || isTest(file.path) || specifier === 'zod') return [];
  return [finding(file, line, 'api/contract is made of zod schemas and nothing else')];
}

/** Files that import each other in a circle, types aside: which of them runs first is then an accident. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const findings: Finding[] = [];
  const visit = (file: SourceFile, trail: readonly string[]): void => {
    state.set(file.path, 'open');
    for (const line of file.imports) {
      if (line.typeOnly || !line.specifier.startsWith('.')) continue;
      const target = byPath.get(posix.join(posix.dirname(file.path), line.specifier));
      if (target === undefined || state.get(target.path) === 'done') continue;
      if (state.get(target.path) === undefined) visit(target, [...trail, file.path]);
      else {
        const circle = [...trail, file.path].slice([...trail, file.path].indexOf(target.path));
        findings.push({
          ...finding(file, line.line, `circle: ${[...circle, target.path].join(' → ')}`),
          rule: 'cycle',
        });
      }
    }
    state.set(file.path, 'done');
  };
  for (const file of files) if (!state.has(file.path)) visit(file, []);
  return findings;
}

function zoneOf(path: string): Zone | null {
  const holding = zones.filter((zone) => matches(zone, path));
  const best = holding.toSorted((a, b) => b.at.length - a.at.length)[0] ?? null;
  return best;
}

function matches(zone: Zone, path: string): boolean {
  if (zone.at.endsWith('/')) return path.startsWith(zone.at);
  if (zone.at.endsWith('/*.ts')) return posix.dirname(path) === posix.dirname(zone.at);
  return path === zone.at || path === zone.at.replace(/\.ts$/, '.test.ts');
}

function finding(file: SourceFile, line: number, message: string): Finding {
  return { rule: 'arrows', path: file.path, line, message };
}
