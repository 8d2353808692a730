import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../testkit/until.ts';
import { runTestFile } from './runTestFile.ts';
import { readOutput } from './testOutput.ts';

/** A test file that starts a process which would run for minutes, notes its ID, and then does `act`. */
function writeTest(t: TestContext, act: string) {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-runner-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'x.test.mjs');
  const note = join(folder, 'pid');
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
    import { renameSync, writeFileSync } from 'node:fs';
    import { test } from 'node:test';
    const child = spawn('sleep', ['600'], { stdio: 'inherit' });
    child.unref();
    writeFileSync('${note}.new', String(child.pid));
    renameSync('${note}.new', '${note}');
    test('one', async () => { ${act} });`,
  );
  return { file, noted: () => existsSync(note), isLeft: () => isThere(Number(readFileSync(note, 'utf8'))) };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const forEver = 'await new Promise(() => setInterval(() => {}, 1_000));';

test('a file runs to its end, and what it left behind ends with it', async (t) => {
  const { file, isLeft } = writeTest(t, '');
  const running = runTestFile(file, process.env, 60_000);
  const end = await running.ended;
  assert.equal(end.end, 0, end.stderr);
  assert.equal(readOutput(end).totals.pass, 1);
  await running.swept;
  assert.equal(isLeft(), false);
});

test('a file that is stopped ends with all that it started', async (t) => {
  const { file, noted, isLeft } = writeTest(t, forEver);
  const running = runTestFile(file, process.env, 60_000);
  await until('the start', noted);
  running.stop();
  assert.equal((await running.ended).end, 'SIGTERM');
  await running.swept;
  assert.equal(isLeft(), false);
});

test('a file that does not end in its time has failed', async (t) => {
  const end = await runTestFile(writeTest(t, forEver).file, process.env, 10).ended;
  assert.equal(end.end, 'a timeout after 0.01 s');
  assert.equal(readOutput(end).totals.fail, 1);
});

test('a file that cannot be started is told as one that failed', async () => {
  const end = await runTestFile('/nowhere/x.test.js', process.env, 60_000).ended;
  assert.equal(end.end, 1);
  assert.match(readOutput(end).failures ?? '', /Cannot find module/);
});

test('an error that nobody catches ends the file at once, with where it was thrown', async (t) => {
  const act = "setTimeout(() => { throw new Error('not caught'); }, 1); await new Promise(() => {});";
  const { ended } = runTestFile(writeTest(t, act).file, process.env, 60_000);
  const { failures } = readOutput(await ended);
  assert.match(failures ?? '', /ended with 1 before its tests did/);
  assert.match(failures ?? '', /Error: not caught\n +at .*x\.test\.mjs/);
});

test('tests may be declared in groups and inside others, and no promise is watched while they run', async (t) => {
  const { file } = writeTest(
    t,
    `});
    const { executionAsyncId } = await import('node:async_hooks');
    const { describe } = await import('node:test');
    describe('group', () => void test('in a group', () => {}));
    test('outer', async (t) => {
      await t.test('inner', () => {});
      await null;
      // A promise that is watched has an ID.
      if (executionAsyncId() !== 0) throw new Error('promises are watched');`,
  );
  const end = await runTestFile(file, process.env, 60_000).ended;
  const { totals, failures } = readOutput(end);
  assert.equal(failures, null);
  assert.deepEqual([totals.tests, totals.suites], [4, 1]);
  assert.match(end.stdout, /▶ group\n +✔ in a group/);
  assert.match(end.stdout, /▶ outer\n +✔ inner/);
});
