/** Notices over restarts, stops in the middle of sending, targets that are away, and two processes with one database. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '../lib/secret.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { openTestDatabase, type TestDatabase } from '../sql/testDatabase.ts';
import type { Notice, NoticeChange } from './notice.ts';
import type { NoticeStore } from './noticeStore.ts';
import { createNotifier, notifierDefaults } from './notifier.ts';
import { createPostgresNoticeStore } from './postgresNoticeStore.ts';

const startsAt = Date.UTC(2026, 0, 1);
let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

/** A target that notes what it is told, and may be down or silent. */
async function startTarget(t: { after(end: () => void): void }) {
  const told: string[] = [];
  const target = { url: '', told, answer: 200 as number | 'silence', requests: 0 };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    target.requests += 1;
    if (target.answer !== 'silence') {
      if (target.answer === 200) for (const { id, status } of JSON.parse(text).alerts) told.push(`${status} ${id}`);
      response.writeHead(target.answer).end();
    } else told.push(...JSON.parse(text).alerts.map(({ id, status }: Record<string, string>) => `${status} ${id}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  target.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return target;
}

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** One process. Its retries do not wait for real. */
function startProcess(
  targets: Readonly<Record<string, string>>,
  store: NoticeStore = createPostgresNoticeStore(db.sql),
) {
  const clock: Clock = {
    now: () => startsAt + 600_000,
    sleep: async (ms, signal) => {
      // The wait for a store that never answers must not keep the test from ending.
      if (ms > 40_000) await delay(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
      else await systemClock.sleep(Math.min(ms, 60), signal);
    },
    after: systemClock.after,
  };
  const outcomes: string[] = [];
  const notifier = createNotifier(
    {
      ...notifierDefaults,
      storeMs: 60,
      targets: Object.entries(targets).map(([name, url]) => ({
        name,
        kind: 'webhook',
        url: new Secret(url),
        headers: {},
      })),
    },
    { clock, log: quiet, store, onDelivery: (target, outcome) => outcomes.push(`${target} ${outcome}`) },
  );
  const ending = new AbortController();
  const running = notifier.run(ending.signal);
  return {
    notifier,
    outcomes,
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}

function notice(subject: string, version: number, more: Partial<Notice> = {}): NoticeChange {
  const part = { name: 'RaftNoLeader', severity: 'critical', summary: 'No leader', description: 'Look.' } as const;
  return {
    version,
    notice: {
      ...part,
      kind: 'raftLeadership',
      subject,
      labels: { cluster: subject },
      was: [],
      parts: [{ ...part, startsAt, endsAt: more.endsAt ?? null }],
      page: null,
      startsAt,
      endsAt: null,
      ...more,
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    assert.ok(tries < 1_000, 'in time');
    await delay(5);
  }
}

const id = (subject: string, version: number): string =>
  `raftLeadership/${subject}/2026-01-01T00:00:00.000Z/${version}`;

test('over restarts a notice is sent once and resolved once, and goes on with what it was', async (t) => {
  const target = await startTarget(t);
  const first = startProcess({ ops: target.url });
  assert.deepEqual(await first.notifier.adopt('raft/a'), []);
  first.notifier.notify([notice('raft/a', 1)]);
  await until(() => target.told.length === 1);
  await first.stop();

  const second = startProcess({ ops: target.url });
  assert.deepEqual(await second.notifier.adopt('raft/a'), [notice('raft/a', 1)]);
  await delay(30);
  assert.equal(target.told.length, 1, 'not sent again');
  const over = notice('raft/a', 2, { endsAt: startsAt + 90_000 });
  second.notifier.notify([over]);
  await until(() => target.told.length === 2);
  await second.stop();

  const third = startProcess({ ops: target.url });
  assert.deepEqual(await third.notifier.adopt('raft/a'), []);
  await delay(30);
  await third.stop();
  assert.deepEqual(target.told, [`firing ${id('raft/a', 1)}`, `resolved ${id('raft/a', 2)}`]);
});

test('a stop before the target took it: the next run sends it, to that target only', async (t) => {
  const [away, fine] = [await startTarget(t), await startTarget(t)];
  away.answer = 503;
  const first = startProcess({ away: away.url, fine: fine.url });
  await first.notifier.adopt('raft/b');
  first.notifier.notify([notice('raft/b', 1)]);
  await until(() => away.requests > 1 && fine.told.length === 1);
  await first.stop();
  away.answer = 200;
  const second = startProcess({ away: away.url, fine: fine.url });
  await second.notifier.adopt('raft/b');
  await until(() => away.told.length === 1);
  await second.stop();
  assert.deepEqual([away.told, fine.told], [[`firing ${id('raft/b', 1)}`], [`firing ${id('raft/b', 1)}`]]);
});

test('a crash in the middle of sending repeats the message under the same id; an orderly stop waits for it', async (t) => {
  const target = await startTarget(t);
  target.answer = 'silence';
  const crashed = startProcess({ ops: target.url });
  t.after(crashed.stop);
  await crashed.notifier.adopt('raft/c');
  crashed.notifier.notify([notice('raft/c', 1)]);
  await until(() => target.told.length === 1);
  // Nothing more is heard of the first process, as after a kill.
  target.answer = 200;
  const second = startProcess({ ops: target.url });
  await second.notifier.adopt('raft/c');
  await until(() => target.told.length === 2);
  await second.stop();
  assert.deepEqual(target.told, [`firing ${id('raft/c', 1)}`, `firing ${id('raft/c', 1)}`]);
});

test('a target that was down while an incident came and went learns of it once; a new target only of what is open', async (t) => {
  const [down, fresh] = [await startTarget(t), await startTarget(t)];
  down.answer = 500;
  const first = startProcess({ down: down.url });
  await first.notifier.adopt('raft/d');
  first.notifier.notify([notice('raft/d', 1)]);
  await until(() => down.requests > 0);
  first.notifier.notify([notice('raft/d', 2, { endsAt: startsAt + 60_000 })]);
  const again = startsAt + 120_000;
  first.notifier.notify([notice('raft/d', 1, { startsAt: again })]);
  const rows = () => db.sql`select 1 from notices where subject = 'raft/d'`;
  while ((await rows()).length < 2) await delay(5);
  await first.stop();
  down.answer = 200;
  const second = startProcess({ down: down.url, fresh: fresh.url });
  assert.equal((await second.notifier.adopt('raft/d')).length, 1);
  await until(() => down.told.length === 2 && fresh.told.length === 1);
  await second.stop();
  const open = 'firing raftLeadership/raft/d/2026-01-01T00:02:00.000Z/1';
  assert.deepEqual(down.told, [`resolved ${id('raft/d', 2)}`, open]);
  assert.deepEqual(fresh.told, [open]);
});

test('of two processes with one database only the one that has the cluster sends; the other takes over without repeating', async (t) => {
  const target = await startTarget(t);
  const [a, b] = [startProcess({ ops: target.url }), startProcess({ ops: target.url })];
  await a.notifier.adopt('raft/e');
  a.notifier.notify([notice('raft/e', 1)]);
  await until(() => target.told.length === 1);
  const sent = async (): Promise<boolean> => {
    const rows = await db.sql`
      select 1 from notice_targets join notices using (notice_no) where subject = 'raft/e' and sent_version = 1`;
    return rows.length === 1;
  };
  while (!(await sent())) await delay(5);
  a.notifier.release('raft/e');
  assert.equal((await b.notifier.adopt('raft/e')).length, 1);
  const over = notice('raft/e', 2, { endsAt: startsAt + 60_000 });
  b.notifier.notify([over]);
  // The first has not understood yet that it lost the cluster.
  a.notifier.notify([over]);
  await until(() => target.told.length === 2);
  await delay(30);
  await Promise.all([a.stop(), b.stop()]);
  assert.deepEqual(target.told, [`firing ${id('raft/e', 1)}`, `resolved ${id('raft/e', 2)}`]);
});

test('a database that is away delays no notice, and learns of it later', async (t) => {
  const target = await startTarget(t);
  const real = createPostgresNoticeStore(db.sql);
  let away = true;
  const flaky: NoticeStore = {
    load: real.load,
    save: (...args) => (away ? new Promise(() => {}) : real.save(...args)),
    markSent: (...args) => (away ? Promise.reject(new Error('away')) : real.markSent(...args)),
  };
  const failing: NoticeStore = {
    ...flaky,
    save: (...args) => (away ? Promise.reject(new Error('away')) : real.save(...args)),
  };
  const hanging = startProcess({ ops: target.url }, flaky);
  t.after(hanging.stop);
  await hanging.notifier.adopt('raft/f');
  hanging.notifier.notify([notice('raft/f', 1)]);
  await until(() => target.told.length === 1);
  const refusing = startProcess({ ops: target.url }, failing);
  await refusing.notifier.adopt('raft/g');
  refusing.notifier.notify([notice('raft/g', 1)]);
  await until(() => target.told.length === 2);
  away = false;
  await refusing.stop();
  const kept = await db.sql`
    select t.sent_version from notices n join notice_targets t using (notice_no) where n.subject = 'raft/g'`;
  assert.deepEqual(
    kept.map(({ sent_version }) => sent_version),
    [1],
  );
});
