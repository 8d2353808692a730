import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '../lib/secret.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import type { Alert } from './alert.ts';
import type { TargetKind } from './formatAlert.ts';
import { createNotifier, type NotifierConfig, notifierDefaults } from './notifier.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

const fired: Alert = {
  name: 'RaftLeaderChurn',
  severity: 'warning',
  labels: { cluster: 'c & d' },
  summary: 'Raft cluster c & d changed its leader 4 times',
  description: 'Look.',
  startsAt: Date.UTC(2026, 0, 1),
  endsAt: null,
};
const ended: Alert = { ...fired, endsAt: fired.startsAt + 90_000 };

interface Hook {
  readonly url: string;
  readonly bodies: { path: string | undefined; token: string | undefined; json: unknown }[];
  answer: number | 'silence';
  received(count: number): Promise<void>;
}

async function startHook(): Promise<Hook> {
  let arrived = (): void => {};
  const hook: Hook = {
    url: '',
    bodies: [],
    answer: 200,
    async received(count) {
      while (hook.bodies.length < count) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    hook.bodies.push({ path: request.url, token: request.headers['x-token'] as string, json: JSON.parse(text) });
    if (hook.answer !== 'silence') {
      response.writeHead(hook.answer, { location: '/elsewhere' });
      response.end('ok');
    }
    arrived();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(hook, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook-hunter2` });
}

interface Run {
  readonly notifier: ReturnType<typeof createNotifier>;
  readonly waits: number[];
  readonly logged: string[];
  readonly outcomes: string[];
  stop(): Promise<void>;
}

/** Retries wait on a clock that only notes them; waiting for a repeat ends when `time.now` is moved. */
function start(targets: readonly (readonly [TargetKind, Hook])[], more: Partial<NotifierConfig> = {}): Run {
  const waits: number[] = [];
  const clock: Clock = {
    now: () => waits.reduce((sum, ms) => sum + ms, 0),
    sleep: async (ms, signal) => {
      await delay(5, undefined, { signal: signal ?? new AbortController().signal }).catch(() => {});
      if (signal?.aborted !== true) waits.push(ms);
    },
    after: systemClock.after,
  };
  const logged: string[] = [];
  const write = (message: string, fields?: unknown): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const outcomes: string[] = [];
  const notifier = createNotifier(
    {
      ...notifierDefaults,
      timeoutMs: 20_000,
      ...more,
      targets: targets.map(([kind, { url }], index) => ({
        name: `t${index}`,
        kind,
        url: new Secret(url),
        headers: { 'X-Token': new Secret('token-hunter2') },
      })),
    },
    { clock, log, onDelivery: (target, outcome) => outcomes.push(`${target} ${outcome}`) },
  );
  const ending = new AbortController();
  const running = notifier.run(ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort();
    await running;
  };
  return { notifier, waits, logged, outcomes, stop };
}

test('each kind of target gets its own form, firing and resolved', async () => {
  const [hook, slack, manager] = [await startHook(), await startHook(), await startHook()];
  const run = start([
    ['webhook', hook],
    ['slack', slack],
    ['alertmanager', manager],
  ]);
  run.notifier.notify([fired]);
  await Promise.all([hook, slack, manager].map((each) => each.received(1)));
  run.notifier.notify([ended]);
  await Promise.all([hook, slack].map((each) => each.received(2)));
  const isResolved = (json: unknown): boolean => JSON.stringify(json).includes('endsAt');
  while (!manager.bodies.some(({ json }) => isResolved(json))) await manager.received(manager.bodies.length + 1);
  await run.stop();
  assert.deepEqual(hook.bodies[0]?.json, {
    version: 1,
    source: 'forkscope',
    alerts: [
      {
        key: 'RaftLeaderChurn/c & d',
        status: 'firing',
        name: 'RaftLeaderChurn',
        severity: 'warning',
        cluster: 'c & d',
        summary: fired.summary,
        description: 'Look.',
        startsAt: '2026-01-01T00:00:00.000Z',
        endsAt: null,
      },
    ],
  });
  assert.equal(hook.bodies[0]?.token, 'token-hunter2');
  assert.deepEqual(
    slack.bodies.map(({ json }) => json),
    [
      { text: '*WARNING* RaftLeaderChurn: Raft cluster c &amp; d changed its leader 4 times\nLook.' },
      { text: '*RESOLVED* RaftLeaderChurn: Raft cluster c &amp; d changed its leader 4 times (lasted 90 s)' },
    ],
  );
  assert.equal(manager.bodies[0]?.path, '/hook-hunter2/api/v2/alerts');
  const labels = { alertname: 'RaftLeaderChurn', cluster: 'c & d', severity: 'warning', source: 'forkscope' };
  const annotations = { summary: fired.summary, description: 'Look.' };
  const startsAt = '2026-01-01T00:00:00.000Z';
  assert.deepEqual(manager.bodies[0]?.json, [{ labels, annotations, startsAt }]);
  assert.deepEqual(manager.bodies.at(-1)?.json, [
    { labels, annotations, startsAt, endsAt: '2026-01-01T00:01:30.000Z' },
  ]);
});

test('what fails is tried again with growing pauses, and keeps no other target waiting', async () => {
  const [broken, fine] = [await startHook(), await startHook()];
  broken.answer = 500;
  const run = start([
    ['webhook', broken],
    ['webhook', fine],
  ]);
  run.notifier.notify([fired]);
  await fine.received(1);
  await broken.received(4);
  broken.answer = 200;
  await broken.received(5);
  await delay(20);
  await run.stop();
  assert.deepEqual(run.waits.slice(0, 4), [1_000, 2_000, 4_000, 8_000]);
  assert.equal(fine.bodies.length, 1, 'delivered once');
  assert.equal(broken.bodies.length, 5, 'delivered once after four failures');
  assert.ok(!/hunter2/.test(run.logged.join()), 'addresses and tokens stay out of the log');
});

test('a redirect, a silent server and a closed port are failures, not deliveries', async () => {
  const [redirecting, silent] = [await startHook(), await startHook()];
  redirecting.answer = 302;
  silent.answer = 'silence';
  const closed = { ...redirecting, url: 'http://127.0.0.1:9/' };
  const cases: readonly (readonly [Hook, string, number])[] = [
    [redirecting, 'http 302', 20_000],
    [silent, 'timeout', 200],
    [closed, 'unreachable', 20_000],
  ];
  for (const [hook, reason, timeoutMs] of cases) {
    const run = start([['webhook', hook]], { timeoutMs });
    run.notifier.notify([fired]);
    while (run.outcomes.length < 2) await delay(5);
    await run.stop();
    assert.ok(
      run.outcomes.every((outcome) => outcome.endsWith('failed')),
      reason,
    );
    assert.ok(run.logged.join().includes(reason), `${reason}: ${run.logged.join()}`);
  }
});

test('a target that was away learns the last state, once', async () => {
  const hook = await startHook();
  hook.answer = 503;
  const run = start([['slack', hook]]);
  run.notifier.notify([fired]);
  await hook.received(1);
  run.notifier.notify([ended]);
  hook.answer = 200;
  await hook.received(2);
  await delay(20);
  await run.stop();
  const texts = hook.bodies.slice(1).map(({ json }) => (json as { text: string }).text);
  assert.equal(texts.filter((text) => text.startsWith('*RESOLVED*')).length, 1);
  assert.ok(texts.every((text) => text.startsWith('*RESOLVED*')));
});

test('Alertmanager is told again while an alert fires, others are not', async () => {
  const [hook, manager] = [await startHook(), await startHook()];
  const run = start([
    ['webhook', hook],
    ['alertmanager', manager],
  ]);
  run.notifier.notify([fired]);
  await manager.received(4);
  await run.stop();
  assert.equal(hook.bodies.length, 1);
  assert.ok(run.waits.every((ms) => ms === notifierDefaults.repeatMs));
});
