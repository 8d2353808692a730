import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LockError, takeLock } from './lockFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'forkscope-lock-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const module = new URL('./lockFile.js', import.meta.url).href;

function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('takeLock', () => {
  test('is refused while its holder lives, and free after it let go', () => {
    const path = join(folder, 'new', 'a.lock');
    const lock = takeLock(path);
    assert.throws(
      () => takeLock(path),
      (error) => error instanceof LockError && error.detail.pid === process.pid,
    );
    lock.release();
    assert.ok(!existsSync(path));
    takeLock(path).release();
  });

  test('is taken from a holder that is dead, and from what is no lock', () => {
    for (const text of [
      JSON.stringify({ pid: deadPid(), born: null }),
      '',
      'junk',
      '{"pid":-1}',
      '{"pid":1e99}',
      'null',
    ]) {
      const path = join(folder, 'b.lock');
      writeFileSync(path, text);
      const lock = takeLock(path);
      assert.equal(JSON.parse(readFileSync(path, 'utf8')).pid, process.pid, text);
      lock.release();
    }
  });

  test('a pid that was given to another process since is no holder', {
    skip: !existsSync('/proc/self/stat') && 'no /proc',
  }, () => {
    const path = join(folder, 'c.lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, born: 'another boot 1' }));
    takeLock(path).release();
  });

  test('release leaves the lock of another alone', () => {
    const path = join(folder, 'd.lock');
    const lock = takeLock(path);
    writeFileSync(path, '{"pid":1}');
    lock.release();
    assert.ok(existsSync(path));
  });

  test('of many that find a dead lock at once, one gets it', async () => {
    const path = join(folder, 'e.lock');
    writeFileSync(path, JSON.stringify({ pid: deadPid(), born: null }));
    const script = `import { takeLock } from ${JSON.stringify(module)};
      process.stdin.once('data', () => {
        let got = 'held';
        try { takeLock(${JSON.stringify(path)}); got = 'taken'; } catch (error) { if (error.code !== 'lockHeld') got = String(error); }
        console.log(got);
        process.stdin.once('data', () => process.exit());
      });
      console.log('ready');`;
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const heard = children.map((child) => lines(child.stdout));
    await Promise.all(heard.map((line) => line.next()));
    for (const child of children) child.stdin.write('go\n');
    const answers = await Promise.all(heard.map(async (line) => (await line.next()).value));
    for (const child of children) child.stdin.write('end\n');
    assert.deepEqual(answers.toSorted(), ['held', 'held', 'held', 'held', 'held', 'taken']);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('e.lock.')),
      [],
    );
  });
});

async function* lines(from: NodeJS.ReadableStream): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of from) {
    const parts = (held + String(chunk)).split('\n');
    held = parts.pop() ?? '';
    yield* parts;
  }
}
