import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, sep } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { readSources } from '../check.ts';
import {
  checkArrows,
  checkReferences,
  layers,
  type Project,
  projectOf,
  ranByOthers,
  readProjects,
} from './projects.ts';
import { readSource } from './sourceFile.ts';

/** `lib: ` or `p2p/wire: lib, p2p`; a folder with #tests is the project of its tests. */
function projectsOf(...lines: readonly string[]): Project[] {
  return lines.map((line) => {
    const [name = '', list = ''] = line.split(': ');
    const configOf = (text: string): string =>
      text.endsWith('#tests') ? `${text.slice(0, -6)}/tsconfig.tests.json` : `${text}/tsconfig.json`;
    const references = list === '' ? [] : list.split(', ').map(configOf);
    return { config: configOf(name), folder: name.replace('#tests', ''), ofTests: name.endsWith('#tests'), references };
  });
}

describe('references', () => {
  const rooms = ['lib', 'sql', 'p2p/wire', 'chains/forks', 'crawler/store', 'api', 'api/contract', 'testkit', 'bin'];
  const found = (line: string) =>
    checkReferences([...projectsOf(...rooms.filter((room) => !line.startsWith(`${room}: `))), ...projectsOf(line)]);

  test('lead to the rooms below', () => {
    const good = [
      'sql: lib',
      'api: lib, sql, api/contract',
      'bin: testkit, api, crawler/store',
      'crawler/crawl: chains/forks, crawler/store',
      'chains#tests: chains/forks, testkit, lib',
    ];
    for (const line of good) assert.deepEqual(found(line), [], line);
  });

  test('never up, nor to a stranger, nor to tests', () => {
    const bad = [
      'lib: sql',
      'p2p/wire: chains/forks',
      'sql: p2p/wire',
      'api/contract: lib',
      'api: crawler/store',
      'crawler/crawl: api',
      'web: crawler/store',
      'testkit: bin',
      'api#tests: crawler/store',
      'lib: nowhere',
      'elsewhere: lib',
      'lib: lib#tests',
    ];
    for (const line of bad) assert.equal(found(line).length, 1, line);
  });

  test('of this house keep the order', () => {
    const projects = readProjects(packageRoot);
    assert.deepEqual(checkReferences(projects), []);
    assert.ok(projects.length > layers.flat().length);
  });
});

describe('arrows', () => {
  const projects = projectsOf('lib: ', 'p2p: lib', 'p2p/wire: lib', 'p2p/net: p2p/wire', 'p2p#tests: p2p/net');
  const messages = (path: string, text: string) =>
    checkArrows(projects, [readSource(path, text)])
      .filter((finding) => finding.path === path)
      .map(({ message }) => message);

  test('an import needs a reference of its own', () => {
    assert.deepEqual(messages('p2p/net/a.ts', "import type { x } from '../wire/b.ts';"), []);
    assert.deepEqual(messages('p2p/net/a.ts', "import { x } from './b.ts';"), []);
    assert.deepEqual(messages('p2p/net/deep/a.ts', "import { x } from '../b.ts';"), []);
    assert.deepEqual(messages('p2p/wire/a.test.ts', "import { x } from '../net/b.ts';"), []);
    // Through p2p/wire the compiler lets it pass.
    assert.deepEqual(messages('p2p/net/a.ts', "import { x } from '../../lib/b.ts';"), [
      'p2p/net must not import lib: p2p/net/tsconfig.json does not refer to it',
    ]);
    assert.deepEqual(messages('p2p/wire/a.test.ts', "const x = await import('./a.ts');"), [
      'p2p must not import p2p/wire: p2p/tsconfig.tests.json does not refer to it',
    ]);
  });

  test('an import names its file with its ending', () => {
    for (const name of ['./b', './b.js'])
      assert.deepEqual(messages('lib/a.ts', `import { x } from '${name}';`), [`${name} needs its file name ending`]);
  });

  test('a source that no project compiles is told, and a reference that nothing uses', () => {
    assert.deepEqual(messages('elsewhere/a.ts', ''), ['no tsconfig.json compiles it']);
    assert.deepEqual(
      checkArrows(projectsOf('lib: ', 'sql: lib'), []).map(({ path, message }) => [path, message]),
      [['sql/tsconfig.json', 'nothing uses lib/tsconfig.json']],
    );
  });
});

test('the compiler has every source in one project, the one that the rules take it for', () => {
  const projects = readProjects(packageRoot);
  const compiled = new Map<string, string>();
  for (const { config } of projects) {
    for (const source of rootsOf(config)) {
      assert.equal(compiled.get(source), undefined, `${source} is compiled twice`);
      compiled.set(source, config);
    }
  }
  for (const { path } of readSources(packageRoot)) {
    if (path.endsWith('.mjs') || ranByOthers.has(path)) continue;
    assert.equal(compiled.get(path), projectOf(projects, path)?.config, path);
  }
});

test('the solution names every project', () => {
  const { references }: { references: { path: string }[] } = JSON.parse(
    readFileSync(join(packageRoot, 'tsconfig.json'), 'utf8'),
  );
  const named = references.map(({ path }) => posix.join(path.endsWith('.json') ? path : `${path}/tsconfig.json`));
  assert.deepEqual(
    named.toSorted(),
    readProjects(packageRoot)
      .map(({ config }) => config)
      .toSorted(),
  );
});

test('the compiler refuses an import without a way by references, of types too', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'forkscope-arrows-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  symlinkSync(join(packageRoot, 'node_modules'), join(root, 'node_modules'), 'junction');
  for (const name of ['package.json', 'tsconfig.base.json', 'lib', 'p2p']) {
    cpSync(join(packageRoot, name), join(root, name), {
      recursive: true,
      filter: (source) => !/\.test\.ts$|testdata/.test(source),
    });
  }
  writeFileSync(join(root, 'p2p/wire/planted.ts'), "export type { RlpxCode } from '../protocol/rlpxOutcome.ts';\n");
  mkdirSync(join(root, 'sql'));
  writeFileSync(join(root, 'sql/client.ts'), 'export const one = 1;\n');
  writeFileSync(
    join(root, 'lib/planted.ts'),
    "import { one } from '../sql/client.ts';\nexport const two = one + one;\n",
  );
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(packageRoot, 'node_modules/typescript/bin/tsc'), '-b', 'p2p/wire'],
    { cwd: root, encoding: 'utf8' },
  );
  assert.notEqual(status, 0);
  assert.match(stdout, /lib\/planted\.ts.*TS6307.*sql\/client\.ts' is not listed/);
  assert.match(stdout, /p2p\/wire\/planted\.ts.*TS6307.*p2p\/protocol\/rlpxOutcome\.ts' is not listed/);
});

/** Sources of a project, from the package root, as the compiler noted them. */
function rootsOf(config: string): string[] {
  const info = join('dist', config.replace(/\.json$/, '.tsbuildinfo'));
  const { root, fileNames }: { root: (number | [number, number])[]; fileNames: string[] } = JSON.parse(
    readFileSync(join(packageRoot, info), 'utf8'),
  );
  return root
    .map((part) => (typeof part === 'number' ? [part, part] : part))
    .flatMap(([first = 0, last = 0]) => fileNames.slice(first - 1, last))
    .map((name) => join(dirname(info), name).split(sep).join('/'));
}
