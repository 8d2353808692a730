import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkFile } from './check.ts';
import { checkCycles } from './rules/arrows.ts';
import { licenceProblem } from './rules/licences.ts';
import { checkSqlFile } from './rules/serverClock.ts';
import { readSource } from './rules/sourceFile.ts';

/** Rules that fail on this file, each once. */
function failing(path: string, text: string): string[] {
  return [...new Set(checkFile(readSource(path, text)).failures.map((finding) => finding.rule))].sort();
}

function table(cases: readonly (readonly [path: string, text: string, rules: string])[]): void {
  for (const [path, text, rules] of cases) assert.equal(failing(path, text).join(' '), rules, `${path}: ${text}`);
}

describe('arrows', () => {
  test('bad imports fail', () => {
    table([
      ['lib/a.ts', "import { x } from '../p2p/ports.ts';", 'arrows'],
      ['lib/a.ts', "import type { x } from '../p2p/ports.ts';", 'arrows'],
      ['sql/a.ts', "export { x } from '../api/app.ts';", 'arrows'],
      ['p2p/wire/a.ts', "import { x } from '../protocol/b.ts';", 'arrows'],
      ['p2p/wire/a.ts', "import type { Logger } from '../ports.ts';", 'arrows'],
      ['p2p/protocol/a.ts', "import { x } from '../net/b.ts';", 'arrows'],
      ['p2p/net/a.ts', "import { x } from '../crawl/b.ts';", 'arrows'],
      ['chains/networks/a.ts', "import { x } from '../crawl/b.ts';", 'arrows'],
      ['web/a.test.ts', "import { x } from '../p2p/ports.ts';", 'arrows'],
      ['crawler/crawl/a.ts', "import { x } from '../store/b.ts';", 'arrows'],
      ['crawler/crawl/a.ts', "import type { x } from '../../sql/client.ts';", 'arrows'],
      ['crawler/crawl/a.ts', "const x = await import('../net/b.ts');", 'arrows'],
      ['consortium/ask/a.ts', "import { x } from '../../crawler/crawl/b.ts';", 'arrows'],
      ['crawler/store/a.ts', "import { x } from '../../api/app.ts';", 'arrows'],
      ['crawler/main.ts', "import { x } from '../api/app.ts';", 'arrows'],
      ['api/app.ts', "import { x } from '../p2p/ports.ts';", 'arrows'],
      ['api/app.test.ts', "import { x } from '../p2p/ports.ts';", 'arrows'],
      ['api/contract/a.ts', "import { x } from '../../lib/errors.ts';", 'arrows'],
      ['api/contract/a.ts', "import express from 'express';", 'arrows'],
      ['web/a.ts', "import { x } from '../lib/errors.ts';", 'arrows'],
      ['web/a.ts', "import { x } from '../api/contract/nodes.ts';", 'arrows'],
      ['web/a.ts', "import { type A, b } from '../api/contract/nodes.ts';", 'arrows'],
      ['crawler/main.ts', "import { x } from '../testkit/simulatedClock.ts';", 'arrows'],
      ['crawler/newFolder/a.ts', '', 'arrows'],
      ['p2p/wire/a.ts', "import { x } from './b';", 'arrows'],
      ['p2p/wire/a.ts', "import { x } from './b.js';", 'arrows'],
      ['elsewhere/a.ts', '', 'arrows'],
    ]);
  });

  test('good imports pass', () => {
    table([
      ['p2p/wire/a.ts', "import { x } from '../../lib/errors.ts';\nimport { y } from './b.ts';", ''],
      ['crawler/crawl/a.test.ts', "import { x } from '../../testkit/simulatedClock.ts';", ''],
      ['chains/forks/a.ts', "import { x } from '../networks/b.ts';", ''],
      ['consortium/ask/a.ts', "import type { x } from '../../chains/forks/b.ts';", ''],
      ['crawler/main.ts', "import { x } from './store/b.ts';\nimport { y } from '../sql/client.ts';", ''],
      ['web/a.ts', "import type { X } from '../api/contract/nodes.ts';", ''],
      ['web/i18n/a.ts', "import { x } from '../../lib/plural.ts';", ''],
      ['web/a.ts', "import { type X, type Y } from '../api/contract/nodes.ts';", ''],
      ['api/contract/a.ts', "import { z } from 'zod';\nimport { b } from './b.ts';", ''],
      ['bin/commands/demo.ts', "import { x } from '../../testkit/a.ts';", ''],
      ['lib/a.ts', "// import { x } from '../api/app.ts';\nconst text = `import { x } from '../api/app.ts'`;", ''],
      ['lib/a.ts', 'export const x = 1;\nconst from = "../api/app.ts";', ''],
    ]);
  });
});

test('circles of imports fail, circles of types do not', () => {
  const files = (kind: string) => [
    readSource('lib/a.ts', "import { b } from './b.ts';"),
    readSource('lib/b.ts', "import { c } from './c.ts';"),
    readSource('lib/c.ts', `${kind} { b } from './b.ts';`),
    readSource('lib/d.ts', "import { a } from './a.ts';\nimport { c } from './c.ts';"),
  ];
  const [found, ...more] = checkCycles(files('import'));
  assert.equal(found?.message, 'circle: lib/b.ts → lib/c.ts → lib/b.ts');
  assert.equal(more.length, 0);
  assert.deepEqual(checkCycles(files('import type')), []);
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

  test('code is blanked to the same length, and code in templates stays', () => {
    const text = "const a = `q ${process.env.X} 'r' ${`in ${b} ner`}`; const c = a / b / 'd'; // e's\nit('f');";
    const { code } = readSource('lib/a.ts', text);
    assert.equal(code.length, text.length);
    assert.match(code, /process\.env\.X/);
    assert.doesNotMatch(code, /ner|e's|'f'|'r'/);
    assert.match(code, /a \/ b \/ ' '; {7}\nit\(' '\);/);
  });
});
