import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkFile } from './check.ts';
import { checkCycles } from './rules/cycles.ts';
import { forgottenScripts, lockedProblems } from './rules/installScripts.ts';
import { licenceProblem } from './rules/licences.ts';
import { checkSqlFile } from './rules/serverClock.ts';
import { checkLongFunctions } from './rules/sizes.ts';
import { readSource } from './rules/sourceFile.ts';

/** Rules that fail on this file, each once. */
function failing(path: string, text: string): string[] {
  return [...new Set(checkFile(readSource(path, text)).failures.map((finding) => finding.rule))].sort();
}

function table(cases: readonly (readonly [path: string, text: string, rules: string])[]): void {
  for (const [path, text, rules] of cases) assert.equal(failing(path, text).join(' '), rules, `${path}: ${text}`);
}

describe('imports', () => {
  test('bad imports fail', () => {
    table([
      ['api/contract/a.ts', "import express from 'express';", 'imports'],
      ['web/a.ts', "import { x } from '../api/contract/nodes.ts';", 'imports'],
      ['web/a.ts', "import { type A, b } from '../api/contract/nodes.ts';", 'imports'],
      ['web/a.ts', "import { x } from '../lib/errors.ts';", 'imports'],
      ['web/a.ts', "const x = await import('../lib/errors.ts');", 'imports'],
      ['crawler/main.ts', "import { x } from '../testkit/simulatedClock.ts';", 'imports'],
      ['crawler/main.ts', "import type { x } from '../testkit/simulatedClock.ts';", 'imports'],
      ['bin/commands/start.ts', "export { x } from '../../sql/testDatabase.ts';", 'imports'],
    ]);
  });

  test('good imports pass', () => {
    table([
      ['crawler/crawl/a.test.ts', "import { x } from '../../testkit/simulatedClock.ts';", ''],
      ['web/a.ts', "import type { X } from '../api/contract/nodes.ts';", ''],
      ['web/i18n/a.ts', "import { x } from '../../lib/plural.ts';", ''],
      ['web/a.ts', "import { type X, type Y } from '../api/contract/nodes.ts';", ''],
      ['web/i18n/a.ts', "import { x } from '../../lib/plural.ts';", ''],
      ['api/contract/a.ts', "import { z } from 'zod';\nimport { b } from './b.ts';", ''],
      ['bin/commands/demo.ts', "import { x } from '../../testkit/a.ts';", ''],
      [
        'bin/commands/start.ts',
        "// import { x } from '../../testkit/a.ts';\nconst text = `import { x } from '../../testkit/a.ts'`;",
        '',
      ],
    ]);
  });
});

describe('circles', () => {
  test('of files fail, those of types too', () => {
    for (const kind of ['import', 'import type']) {
      const [found, ...more] = checkCycles([
        readSource('lib/a.ts', "import { b } from './b.ts';"),
        readSource('lib/b.ts', "import { c } from './c.ts';"),
        readSource('lib/c.ts', `${kind} { b } from './b.ts';`),
        readSource('lib/d.ts', "import { a } from './a.ts';\nimport { c } from './c.ts';"),
      ]);
      assert.equal(found?.message, 'circle: lib/b.ts → lib/c.ts → lib/b.ts');
      assert.equal(more.length, 0);
    }
  });

  test('of folders fail, though no two files are in one', () => {
    const files = (test: string) => [
      readSource('api/a.ts', "import { b } from './http/b.ts';"),
      readSource('api/http/b.ts', ''),
      readSource(`api/http/c${test}.ts`, "import type { d } from '../d.ts';"),
      readSource('api/d.ts', ''),
    ];
    assert.deepEqual(
      checkCycles(files('')).map(({ message }) => message),
      ['circle: api → api/http → api'],
    );
    assert.deepEqual(checkCycles(files('.test')), []);
  });
});

describe('doors', () => {
  test('a thing with one door has no second', () => {
    table([
      ['p2p/wire/ecies.ts', "import { sign } from '@noble/secp256k1';", 'doors'],
      ['bench/wire.ts', "import { sign } from '@bitauth/libauth';", 'doors'],
      ['web/charts/pie.ts', "import { Chart } from 'chart.js';", 'doors'],
      ['web/charts/pie.ts', "import 'chart.js/auto';", 'doors'],
      ['crawler/main.ts', "import { createSocket } from 'node:dgram';", 'doors'],
      ['api/app.ts', "import { connect } from 'node:net';", 'doors'],
      ['p2p/net/tcpDialer.ts', "import { connect } from 'node:net';", 'doors'],
      ['p2p/net/tcpDialer.ts', 'setTimeout(f, 1);', 'doors'],
      ['consortium/store/raftLocks.ts', 'setTimeout(f, 1);', 'doors'],
      ['notify/postJson.ts', 'const signal = AbortSignal.timeout(1);', 'doors'],
      ['crawler/jobs/a.ts', 'const now = Date.now();', 'doors'],
      ['crawler/main.ts', "import http from 'node:http';", 'doors'],
      ['api/queries/a.ts', "import postgres from 'postgres';", 'doors'],
      ['api/app.ts', "import { spawn } from 'node:child_process';", 'doors'],
      ['api/app.ts', 'const x = process.env.HOME;', 'doors'],
      ['api/app.ts', "const x = process['env'].HOME;", 'doors'],
      ['api/app.ts', 'const { env } = process;', 'doors'],
      ['sql/a.ts', 'process.exit(1);', 'doors'],
      ['crawler/store/a.ts', 'await sql.unsafe(text);', 'doors'],
      ['crawler/store/a.ts', "console.log('x');", 'doors'],
      ['lib/a.test.ts', "test.only('x', () => {});", 'doors'],
      ['lib/a.test.ts', "test('x', { only: true }, () => {});", 'doors'],
    ]);
  });

  test('the door itself is open', () => {
    table([
      ['p2p/wire/secp256k1.ts', "import { sign } from '@noble/secp256k1';", ''],
      ['web/charts/chart.ts', "import { Chart } from 'chart.js';", ''],
      ['web/charts/pie.ts', "import type { Chart } from 'chart.js';", ''],
      ['p2p/net/systemUdp.ts', "import { createSocket } from 'node:dgram';", ''],
      ['p2p/net/systemClock.ts', 'setTimeout(f, 1);', ''],
      ['crawler/config.ts', 'const x = process.env.HOME;', ''],
      ['sql/client.ts', "import postgres from 'postgres';\nsql.unsafe(x);", ''],
      ['lib/a.ts', "// process.exit(1)\nconst text = 'console.log()';", ''],
    ]);
  });
});

describe('casts', () => {
  test('as is for tests', () => {
    table([
      ['api/cursor.ts', 'const x = y as Foo;', 'casts'],
      ['api/cursor.ts', 'const x = f() as unknown as Foo;', 'casts'],
      ['api/cursor.ts', 'const x = { a } as { a: string };', 'casts'],
      ['api/cursor.ts', 'const x = [1] as Foo[];', 'casts'],
      ['api/cursor.ts', 'const x = a[0] as Foo;', 'casts'],
      ['api/cursor.ts', 'const x = [1] as const;', ''],
      ['api/cursor.ts', 'const x = [] as Foo[];', ''],
      ['api/cursor.ts', 'const x = <Foo>y;', 'casts'],
      ['web/page.tsx', 'const x = <p>as Foo</p>;', ''],
      ['web/page.tsx', 'const x = y as Foo;', 'casts'],
      ['api/cursor.ts', "import * as z from 'x';\nimport { a as b } from 'y';\nexport { b as c };", ''],
      ['api/cursor.ts', "const x = 'known as Foo'; // as Foo", ''],
      ['api/app.test.ts', 'const x = y as Foo;', ''],
    ]);
  });
});

describe('purity', () => {
  test('no clock, chance or IO in the core', () => {
    table([
      ['p2p/wire/a.ts', 'const x = Date.now();', 'purity'],
      ['crawler/crawl/a.ts', 'const x = new Date();', 'purity'],
      ['p2p/protocol/a.ts', 'setTimeout(f, 1);', 'purity'],
      ['p2p/protocol/a.ts', 'performance.now();', 'purity'],
      ['crawler/crawl/a.ts', 'Math.random();', 'purity'],
      ['crawler/crawl/a.ts', 'const wait = setTimeout;', 'doors purity'],
      ['p2p/wire/a.ts', 'f({ performance: 1, process: options.process });', ''],
      ['p2p/wire/a.ts', "import { randomBytes } from 'node:crypto';", 'purity'],
      ['p2p/wire/a.ts', 'crypto.getRandomValues(x);', 'purity'],
      ['chains/forks/a.ts', 'process.hrtime();', 'purity'],
      ['chains/classify/a.ts', "import { readFileSync } from 'node:fs';", 'purity'],
      ['consortium/judge/judgeRounds.ts', 'await fetch(url);', 'purity'],
      ['chains/forks/a.ts', "import { createHash } from 'node:crypto';", 'purity'],
    ]);
  });

  test('time as an argument, and drivers, are free', () => {
    table([
      ['crawler/crawl/a.ts', 'const x = new Date(now).toISOString();', ''],
      ['crawler/crawl/a.ts', 'const x = clock.sleep(1); // setTimeout', ''],
      ['p2p/wire/a.ts', "import { createCipheriv } from 'node:crypto';", ''],
      ['crawler/crawl/a.test.ts', 'const x = Date.now();', ''],
      ['consortium/ask/pollCluster.ts', 'await fetch(url);', ''],
      ['lib/a.ts', 'Date.now();', ''],
    ]);
  });
});

describe('the clock of the server', () => {
  test('no statement asks it', () => {
    table([
      ['crawler/store/a.ts', 'const x = sql`select 1 where due_at <= now()`;', 'serverClock'],
      ['crawler/jobs/a.ts', 'const x = sql`update a set at = ${at}, b = Clock_Timestamp ( )`;', 'serverClock'],
      ['api/queries/a.ts', 'const x = sql`select ${key} from a where at > current_date - 1`;', 'serverClock'],
      ['bin/a.ts', "const text = 'select now()';", 'serverClock'],
      ['sql/databaseTime.ts', 'const a = sql`now()`; const b = sql`now()`;', 'serverClock'],
      ['sql/databaseTime.ts', 'const a = sql`now()`;', ''],
      ['crawler/store/a.ts', 'const x = sql`select ${clock.now()} from a where window = ${now()}`;', ''],
      ['crawler/store/a.ts', '// now() is that of the server\n/** current_date */\nexport const x = 1;', ''],
      ['crawler/store/a.test.ts', 'const x = sql`select now()`;', ''],
    ]);
  });

  test('no migration and no function does', () => {
    const bad = 'select 1;\nalter table a add column at timestamptz default now();';
    assert.deepEqual(
      checkSqlFile('sql/migrations/0019_add_time.sql', bad).map(({ rule, line }) => `${rule} ${line}`),
      ['serverClock 2'],
    );
    assert.equal(
      checkSqlFile('sql/functions/retention.sql', "where at < now() - '1 day' or at < LocalTimestamp").length,
      2,
    );
    assert.equal(checkSqlFile('sql/functions/census.sql', 'clock_timestamp(); '.repeat(4)).length, 4);
    assert.deepEqual(checkSqlFile('sql/functions/census.sql', 'clock_timestamp(); '.repeat(3)), []);
    assert.deepEqual(checkSqlFile('sql/functions/retention.sql', '-- not by now()\nselect at, now_at from a;'), []);
    assert.deepEqual(checkSqlFile('sql/migrations/0001_create_networks.sql', bad), []);
  });
});

test('a long-lived collection says what bounds it', () => {
  table([
    ['crawler/crawl/a.ts', 'class A {\n  readonly #nodes = new Map<string, number>();\n}', 'bounds'],
    ['api/a.ts', 'const cache = new Map<string, Promise<void>>();', 'bounds'],
    ['api/a.ts', 'export const cache = new Set<string>();', 'bounds'],
    ['api/a.ts', '// BOUNDED: by us.\nexport const cache = new Set<string>();', ''],
    ['api/a.ts', 'function f() {\n  const seen = new Set<string>();\n}', ''],
    [
      'crawler/crawl/a.ts',
      'class A {\n  // BOUNDED: by maxNodes.\n  readonly #nodes = new Map<string, number>();\n}',
      '',
    ],
    ['crawler/crawl/a.ts', 'const table = new Map([[1, 2]]);', ''],
    ['crawler/crawl/a.test.ts', 'const seen = new Set();', ''],
  ]);
});

test('files are short and named in camelCase', () => {
  table([
    ['lib/a.ts', 'x;\n'.repeat(401), 'size'],
    ['lib/a.ts', 'x;\n'.repeat(400), ''],
    ['lib/a.test.ts', 'x;\n'.repeat(600), ''],
    ['lib/a.test.ts', 'x;\n'.repeat(601), 'size'],
    ['lib/my-file.ts', '', 'name'],
    ['lib/MyFile.ts', '', 'name'],
    ['web/components/NodeTable.tsx', '', ''],
    ['lib/a.loopback.test.ts', '', ''],
  ]);
  assert.equal(checkFile(readSource('lib/a.ts', 'x;\n'.repeat(251))).warnings.length, 1);
  assert.equal(checkFile(readSource('lib/a.ts', 'x;\n'.repeat(250))).warnings.length, 0);
});

test('functions are short, but for what they quote', () => {
  const lines = (count: number): string => 'x;\n'.repeat(count);
  table([
    ['lib/a.ts', `function f() {\n${lines(79)}}`, 'function'],
    ['lib/a.ts', `function f() {\n${lines(78)}}`, ''],
    ['lib/a.ts', `const f = () => {\n${lines(79)}};`, 'function'],
    ['lib/a.ts', `class A {\n  #f() {\n${lines(79)}}\n}`, 'function'],
    ['lib/a.ts', `class A {\n${'  f() {}\n'.repeat(90)}}`, ''],
    ['lib/a.ts', `function f() {\n  return sql\`\n${lines(90)}\`;\n}`, ''],
    ['lib/a.test.ts', `test('x', () => {\n${lines(90)}});`, ''],
  ]);
  const source = readSource('lib/a.ts', `function long() {\n${lines(90)}}\nfunction short() {}`);
  assert.deepEqual(
    checkLongFunctions([source], ['lib/a.ts long', 'lib/a.ts short', 'lib/b.ts gone']).map(({ message }) => message),
    ['lib/a.ts short needs no exception', 'lib/b.ts gone needs no exception'],
  );
});

test('install scripts that nobody looked at, and packages without a checksum', () => {
  const integrity = 'sha512-abc';
  const found = (name: string, locked: object, installed: Parameters<typeof lockedProblems>[2] = null) =>
    lockedProblems(`node_modules/${name}`, { version: '1.0.0', integrity, ...locked }, installed).join();
  assert.equal(found('plain', {}, { scripts: { test: 'x', prepare: 'x' } }), '');
  assert.match(
    found('plain', { hasInstallScript: true }),
    /plain@1\.0\.0 runs a script when it is installed: look at it/,
  );
  assert.match(found('plain', {}, { scripts: { postinstall: 'node steal.js' } }), /runs a script/);
  assert.equal(found('secp256k1', { hasInstallScript: true }), '');
  assert.match(found('secp256k1', {}, { scripts: { install: 'curl x | sh' } }), /runs other scripts .*curl x/);
  assert.match(found('plain', { integrity: undefined }), /plain has no sha512 in package-lock\.json/);
  assert.match(found('plain', { integrity: 'sha1-abc' }), /no sha512/);
  assert.deepEqual(forgottenScripts({ packages: {} }).includes('secp256k1'), true);
});

test('licences', () => {
  const fine = [
    'MIT',
    '(MIT OR GPL-3.0-only)',
    'Apache-2.0 AND MIT',
    'GPL-2.0 OR (MIT AND ISC)',
    { type: 'BSD-3-Clause' },
  ];
  const wrong = [
    'GPL-3.0',
    'LGPL-3.0-only',
    'MIT AND GPL-3.0',
    'SEE LICENSE IN x',
    'UNLICENSED',
    '',
    undefined,
    '(MIT',
    'MIT Apache-2.0',
    'CC-BY-4.0',
  ];
  for (const license of fine)
    assert.equal(licenceProblem({ name: 'x', version: '1', license }), null, JSON.stringify(license));
  for (const license of wrong)
    assert.notEqual(licenceProblem({ name: 'x', version: '1', license }), null, JSON.stringify(license));
  assert.equal(licenceProblem({ name: 'eyes', version: '1', licenses: ['MIT'] }), null);
});

describe('reading a source', () => {
  test('findings carry the right line', () => {
    const text = '/* a\n b */\nconst t = `x ${f("}")} y`;\nconst r = /[/"]x/;\nprocess.exit(1);';
    assert.deepEqual(
      checkFile(readSource('lib/a.ts', text)).failures.map((finding) => finding.line),
      [5],
    );
  });

  test('strings, comments and expressions are told apart', () => {
    const text =
      "const a = `q ${process.env.X} 'r' ${`in ${b} ner`}`; // process.exit(1)\nconst c = /process.exit(1)/;";
    assert.deepEqual(
      checkFile(readSource('lib/a.ts', text)).failures.map(({ message }) => message.slice(0, 11)),
      ['process.env'],
    );
  });

  test('every kind of import is found', () => {
    const text = `import './a.css';
import b, { type B } from './b.ts';
import { type C } from './c.ts';
export * from './d.ts';
export type { E } from './e.ts';
const f = await import('./f.ts');
const g = await import(name);`;
    assert.deepEqual(
      readSource('lib/a.ts', text).imports.map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line]),
      [
        ['./a.css', false, 1],
        ['./b.ts', false, 2],
        ['./c.ts', true, 3],
        ['./d.ts', false, 4],
        ['./e.ts', true, 5],
        ['./f.ts', false, 6],
      ],
    );
  });

  test('what is no TypeScript is said', () => {
    assert.throws(() => readSource('lib/a.ts', 'const = 1;'), /^SyntaxError: lib\/a\.ts: /);
  });
});
