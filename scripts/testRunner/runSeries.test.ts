import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runSeries, type SeriesEnd } from './runSeries.ts';
import { runTestFile } from './runTestFile.ts';
import { readOutput } from './testOutput.ts';

/** Files of these texts. */
function write(t: TestContext, texts: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-series-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return Object.entries(texts).map(([name, text]) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(file, `import { after, before, describe, test } from 'node:test';\n${text}`);
    return file;
  });
}

async function run(files: readonly string[], timeoutMs = 60_000): Promise<ReadonlyMap<string, SeriesEnd>> {
  const ends = new Map<string, SeriesEnd>();
  const series = runSeries(files, process.env, timeoutMs, (file, end) => {
    const name = basename(file, '.test.mjs');
    assert.equal(ends.has(name), false, `${name} ended twice`);
    ends.set(name, end);
  });
  await series.ended;
  await series.swept;
  return ends;
}

const pass = (file: string) => `test('${file}', () => {});`;
const totals = (end: SeriesEnd | undefined) => readOutput(end ?? assert.fail('it never ended')).totals;
const failures = (end: SeriesEnd | undefined) => readOutput(end ?? assert.fail('it never ended')).failures;

test('of each file of a series is told what is told of it alone', async (t) => {
  const files = write(t, {
    first: `console.log('printed'); describe('group', () => { test('in it', () => {}); test.skip('left out', () => {}); });`,
    second: `test('outer', async (t) => { await t.test('inner', () => { throw new Error('wrong'); }); });
      test('well', { todo: true }, () => {});`,
    third: `let open = false; before(() => { open = true; }); after(() => { if (!open) throw new Error('closed'); });
      test('between', () => { if (!open) throw new Error('closed'); });`,
  });
  const ends = await run(files);
  for (const file of files) {
    const alone = readOutput(await runTestFile(file, process.env, 60_000).ended);
    const beside = readOutput(ends.get(basename(file, '.test.mjs')) ?? assert.fail(file));
    const plain = (text: string | null) => text?.replaceAll(/\([\d.]+ms\)/g, '').replaceAll(/^\s+at .*\n?/gm, '');
    assert.deepEqual(beside.totals, alone.totals, file);
    assert.equal(plain(beside.body), plain(alone.body));
    assert.equal(plain(beside.failures), plain(alone.failures));
  }
  assert.equal(totals(ends.get('second')).fail, 2);
});

test('a file under which the process ends is named, says why, and those after it run', async (t) => {
  const ends = await run(
    write(t, {
      well: pass('well'),
      crash: `test('ends', () => process.exit(7));`,
      thrown: `test('throws', () => new Promise(() => setTimeout(() => { throw new Error('not caught'); }, 1)));`,
      missing: `import './nowhere.mjs';`,
      idle: `test('waits for nothing', () => new Promise(() => {}));`,
      after: pass('after'),
    }),
  );
  assert.deepEqual([...ends.keys()].sort(), ['after', 'crash', 'idle', 'missing', 'thrown', 'well']);
  assert.match(failures(ends.get('crash')) ?? '', /ended with 7 before its tests did/);
  assert.match(failures(ends.get('thrown')) ?? '', /Error: not caught/);
  assert.match(failures(ends.get('missing')) ?? '', /Cannot find module .*nowhere/);
  assert.match(failures(ends.get('idle')) ?? '', /✖ waits for nothing/);
  assert.equal(failures(ends.get('well')), null);
  assert.equal(failures(ends.get('after')), null);
});

test('a file that is ended only beside others has failed all the same', async (t) => {
  const ends = await run(
    write(t, {
      leaves: `globalThis.left = true; test('leaves a trace', () => {});`,
      trips: `test('trips over it', () => { if (globalThis.left) process.exit(3); });`,
    }),
  );
  assert.match(failures(ends.get('trips')) ?? '', /ended with 3 after other files, and well alone, after its tests/);
  assert.equal(totals(ends.get('trips')).fail, 1);
});

test('a file that does not end in its time is named, and those after it run', async (t) => {
  const files = write(t, {
    hangs: `test('for ever', () => new Promise(() => setInterval(() => {}, 1_000)));`,
    after: pass('after'),
  });
  const ends = await run(files, 2_000);
  assert.match(failures(ends.get('hangs')) ?? '', /ended with a timeout after 2 s before its tests did/);
  assert.equal(failures(ends.get('after')), null);
});

test('what a file leaves for the next one is a failure of its own', async (t) => {
  const ends = await run(
    write(t, {
      timer: `test('a timer', () => void setInterval(() => {}, 1_000));`,
      environment: `test('a variable', () => { process.env.LEFT_BY_A_TEST = '1'; });`,
      clock: `test('a clock', () => { globalThis.Date = class extends Date {}; });`,
      closes: `test('closes', async () => { await new Promise((resolve) => setTimeout(resolve, 5)); });`,
    }),
  );
  assert.match(failures(ends.get('timer')) ?? '', /something left behind \(open: Timeout\) after its tests/);
  assert.match(failures(ends.get('environment')) ?? '', /another environment/);
  assert.match(failures(ends.get('clock')) ?? '', /another clock/);
  assert.equal(failures(ends.get('closes')), null);
});

test('a process that ends badly after its last file fails that one', async (t) => {
  const ends = await run(
    write(t, { first: pass('first'), last: `${pass('last')} process.on('exit', () => { process.exitCode = 5; });` }),
  );
  assert.equal(failures(ends.get('first')), null);
  assert.match(failures(ends.get('last')) ?? '', /ended with 5 after its tests/);
});

test('a series that is stopped runs no more of its files', async (t) => {
  const files = write(t, {
    hangs: `test('for ever', () => new Promise(() => setInterval(() => {}, 1_000)));`,
    after: pass('after'),
  });
  const ends: string[] = [];
  const series = runSeries(files, process.env, 60_000, (file) => ends.push(basename(file)));
  setTimeout(() => series.stop(), 500);
  await series.ended;
  await series.swept;
  assert.deepEqual(ends, []);
});
