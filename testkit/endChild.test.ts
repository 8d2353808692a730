import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { endChild } from './endChild.ts';

/** Runs `code` once its first message shows that it is up. */
async function start(code: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `process.send('up'); ${code}`], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}

test('a child ends of its own when its channel closes, by force when it does not, and only once', async () => {
  const obeying = await start("process.on('disconnect', () => process.exit(7))");
  await endChild(obeying, 600_000);
  assert.equal(obeying.exitCode, 7);
  await endChild(obeying);

  const deaf = await start("process.on('disconnect', () => setInterval(() => {}, 1_000))");
  await endChild(deaf, 50);
  assert.equal(deaf.signalCode, 'SIGKILL');

  const stopped = await start('setInterval(() => {}, 1_000)');
  stopped.kill('SIGSTOP');
  await endChild(stopped);
  assert.equal(stopped.signalCode, 'SIGKILL');
});
