import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '../lib/secret.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import type { Notice, NoticeChange } from './notice.ts';
import { createNotifier, type NotifierConfig, notifierDefaults } from './notifier.ts';
import type { TargetKind } from './target.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

const startsAt = Date.UTC(2026, 0, 1);
const warning: Notice = {
  kind: 'raftLeadership',
  subject: 'raft/c & d',
  labels: { cluster: 'c & d' },
  name: 'RaftMultipleMinters',
  severity: 'warning',
  summary: '2 nodes of c & d claim to lead',
  description: 'Look.',
  was: [],
  parts: [
    {
      name: 'RaftMultipleMinters',
      severity: 'warning',
      summary: '2 nodes of c & d claim to lead',
      description: 'Look.',
      startsAt,
      endsAt: null,
    },
  ],
  page: 'https://forkscope.example/raft/c',
  startsAt,
  endsAt: null,
};
const fired: NoticeChange = { notice: warning, version: 1 };
const ended: NoticeChange = { notice: { ...warning, endsAt: startsAt + 90_000 }, version: 2 };
const lost = {
  name: 'RaftQuorumLost',
  severity: 'critical',
  summary: 'c & d commits nothing',
  description: 'Act.',
} as const;
const graver: NoticeChange = {
  notice: {
    ...warning,
    ...lost,
    was: [{ name: 'RaftMultipleMinters', severity: 'warning' }],
    parts: [{ ...lost, startsAt: startsAt + 30_000, endsAt: null }, ...warning.parts],
  },
  version: 2,
};

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
    { clock, log, store: null, onDelivery: (target, outcome) => outcomes.push(`${target} ${outcome}`) },
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
        key: 'raftLeadership/raft/c & d',
        id: 'raftLeadership/raft/c & d/2026-01-01T00:00:00.000Z/1',
        status: 'firing',
        name: 'RaftMultipleMinters',
        severity: 'warning',
        cluster: 'c & d',
        summary: '2 nodes of c & d claim to lead',
        description: 'Look.',
        page: 'https://forkscope.example/raft/c',
        startsAt: '2026-01-01T00:00:00.000Z',
        endsAt: null,
        parts: [
          {
            name: 'RaftMultipleMinters',
            status: 'firing',
            severity: 'warning',
            summary: '2 nodes of c & d claim to lead',
            startsAt: '2026-01-01T00:00:00.000Z',
            endsAt: null,
          },
        ],
      },
    ],
  });
  assert.equal(hook.bodies[0]?.token, 'token-hunter2');
  assert.deepEqual(
    slack.bodies.map(({ json }) => json),
    [
      {
        text: [
          '*WARNING* RaftMultipleMinters: 2 nodes of c &amp; d claim to lead',
          'Since 2026-01-01 00:00:00 UTC',
          'What to do: Look.',
          'https://forkscope.example/raft/c',
        ].join('\n'),
      },
      {
        text: [
          '*RESOLVED* RaftMultipleMinters: 2 nodes of c &amp; d claim to lead',
          'From 2026-01-01 00:00:00 UTC for 90 s',
          'https://forkscope.example/raft/c',
        ].join('\n'),
      },
    ],
  );
  assert.equal(manager.bodies[0]?.path, '/hook-hunter2/api/v2/alerts');
  const labels = { alertname: 'RaftMultipleMinters', cluster: 'c & d', severity: 'warning', source: 'forkscope' };
  const annotations = { summary: '2 nodes of c & d claim to lead', description: 'Look.' };
  const about = {
    labels,
    annotations,
    startsAt: '2026-01-01T00:00:00.000Z',
    generatorURL: 'https://forkscope.example/raft/c',
  };
  assert.deepEqual(manager.bodies[0]?.json, [about]);
  assert.deepEqual(manager.bodies.at(-1)?.json, [{ ...about, endsAt: '2026-01-01T00:01:30.000Z' }]);
});

test('a notice that became graver says so under its old key; to Alertmanager the milder one is over', async () => {
  const [slack, manager] = [await startHook(), await startHook()];
  const run = start([
    ['slack', slack],
    ['alertmanager', manager],
  ]);
  run.notifier.notify([fired]);
  await Promise.all([slack, manager].map((each) => each.received(1)));
  run.notifier.notify([graver]);
  await slack.received(2);
  const isGraver = (json: unknown): boolean => JSON.stringify(json).includes('RaftQuorumLost');
  while (!manager.bodies.some(({ json }) => isGraver(json))) await manager.received(manager.bodies.length + 1);
  await run.stop();
  assert.deepEqual(slack.bodies[1]?.json, {
    text: [
      '*CRITICAL* RaftQuorumLost: c &amp; d commits nothing',
      'Since 2026-01-01 00:00:00 UTC',
      '• RaftMultipleMinters: 2 nodes of c &amp; d claim to lead',
      'What to do: Act.',
      'https://forkscope.example/raft/c',
    ].join('\n'),
  });
  const told = manager.bodies.find(({ json }) => isGraver(json))?.json as { labels: object; endsAt?: string }[];
  assert.deepEqual(
    told.map(({ labels, endsAt }) => [labels, endsAt]),
    [
      [
        { alertname: 'RaftMultipleMinters', cluster: 'c & d', severity: 'warning', source: 'forkscope' },
        '2026-01-01T00:00:30.000Z',
      ],
      [{ alertname: 'RaftQuorumLost', cluster: 'c & d', severity: 'critical', source: 'forkscope' }, undefined],
    ],
  );
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
