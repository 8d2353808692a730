import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { OldName } from './configLayers.ts';

interface Renamed {
  readonly oldNames?: readonly OldName[];
  readonly isSupervised?: boolean;
}

/** Runs a program in a process of its own: what it said on stdout, its log lines, and its exit code. */
async function play(program: string, { oldNames = [], isSupervised = false }: Renamed = {}) {
  const moduleAt = JSON.stringify(new URL('./runProcess.js', import.meta.url).href);
  const script = `
    const { runProcess } = await import(${moduleAt});
    const say = (what) => console.log(what);
    const setup = {
      part: 'raft',
      config: { logLevel: 'info', logFormat: 'json', databaseUrl: 'postgres://me:hunter2@db/x', oldNames: ${JSON.stringify(oldNames)} },
      isSupervised: ${isSupervised},
      secrets: ['token-hunter3'],
      metricsPrefix: 'forkscope_raft_',
      database: {
        open: async () => ({ url: 'postgres://db/y', stop: async () => say('database stops') }),
        prepare: async (url) => say('prepared ' + url),
        whileFit: (url, log, signal, work) => work(AbortSignal.any([signal, AbortSignal.abort('unfit')])),
      },
    };
    process.exitCode = await runProcess(setup, new AbortController().signal, ${program});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const said = out.trim().split('\n');
  const lines = err.startsWith('{') ? err.trim().split('\n') : [];
  return { said, err, code, log: lines.map((line): Record<string, unknown> => JSON.parse(line)) };
}

test('database first and last, metrics while the program runs, its exit code, and no secret in the log', async () => {
  const { said, log, code, err } = await play(`async ({ log, registry, databaseUrl, signal, serveMetrics }) => {
    await serveMetrics({ host: '127.0.0.1', port: 0 });
    log.info('told', { token: 'token-hunter3', url: setup.config.databaseUrl });
    say('runs on ' + databaseUrl + ' until ' + signal.reason);
    say(/^forkscope_raft_process_cpu_seconds_total /m.test(await registry.metrics()));
    return 3;
  }`);
  assert.deepEqual(said, ['prepared postgres://db/y', 'runs on postgres://db/y until unfit', 'true', 'database stops']);
  assert.equal(code, 3);
  assert.deepEqual(
    log.map(({ part, message }) => `${part}: ${message}`),
    ['raft: metrics are served', 'raft: told'],
  );
  assert.match(String(log[0]?.url), /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  assert.doesNotMatch(err, /hunter/);
});

test('a metrics port that is taken is a warning, and the program runs', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { said, log, code } = await play(`async ({ serveMetrics }) => {
    await serveMetrics({ host: '127.0.0.1', port: ${address.port} });
    say('runs');
    return 0;
  }`);
  taken.close();
  assert.deepEqual([said, code], [['prepared postgres://db/y', 'runs', 'database stops'], 0]);
  const [{ time: _, reason, ...line } = {}] = log;
  assert.deepEqual(line, {
    level: 'warn',
    message: 'cannot serve metrics; continuing without them',
    part: 'raft',
    host: '127.0.0.1',
    port: address.port,
  });
  assert.match(String(reason), /EADDRINUSE/);
});

test('old names of settings are warnings, unless a supervisor gives them', async () => {
  const oldNames = [
    { layer: 'flag', name: '--pause', now: '--wait', used: true },
    { layer: 'file', name: 'pause', now: 'wait', used: false },
  ] as const;
  const { log } = await play('async () => 0', { oldNames });
  assert.deepEqual(
    log.map(({ time: _, ...line }) => line),
    [
      {
        level: 'warn',
        message: 'a setting has a new name; the next version will not know the old one',
        part: 'raft',
        layer: 'flag',
        name: '--pause',
        use: '--wait',
      },
      {
        level: 'warn',
        message: 'a setting has a new name; the value given by the old one is not used',
        part: 'raft',
        layer: 'file',
        name: 'pause',
        use: 'wait',
      },
    ],
  );
  assert.deepEqual((await play('async () => 0', { oldNames, isSupervised: true })).log, []);
});

test('the error of a program is passed on when all is closed', async () => {
  const { said, err, code } = await play(`async () => {
    throw new Error('no such thing');
  }`);
  assert.deepEqual([said, code], [['prepared postgres://db/y', 'database stops'], 1]);
  assert.match(err, /Error: no such thing/);
});
