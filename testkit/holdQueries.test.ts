import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, type Sql } from '../sql/client.ts';
import { openTestDatabase, type TestDatabase } from '../sql/testDatabase.ts';
import { holdQueries, OneAtATime, type Turns } from './holdQueries.ts';
import { SimulatedClock } from './simulatedClock.ts';

const start = 1_800_000_000_000;
let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
  await database.sql`create table numbers as select n from generate_series(1, 1000) as n`;
});
after(() => database.close());

/** Runs the work while something is due every millisecond: only its own waits may take time. */
async function play<T>(
  work: (sql: Sql, clock: SimulatedClock) => Promise<T>,
  turns: Turns | null = null,
): Promise<{ result: T; tookMs: number }> {
  const clock = new SimulatedClock(start);
  const pool = connect(database.url, { max: 2 });
  const over = new AbortController();
  const again = (): void => {
    if (!over.signal.aborted) clock.after(1, again);
  };
  again();
  try {
    const result = await clock.drive(work(holdQueries(pool, clock, turns), clock), 3_600_000);
    assert.equal(clock.busy, false, 'a hold is left');
    return { result, tookMs: clock.now() - start };
  } finally {
    over.abort();
    await pool.end({ timeout: 5 });
  }
}

const slow = 'select pg_sleep(0.02)';

test('queries take no time: the first, prepared ones, many at once, more than there are connections', async () => {
  const { result, tookMs } = await play(async (sql) => {
    const [one] = await sql<{ n: number }[]>`select ${1}::int4 as n`;
    for (let n = 0; n < 5; n++) await sql`select n from numbers where n = ${n}`;
    await Promise.all(Array.from({ length: 7 }, () => sql.unsafe(slow)));
    await sql`insert into numbers select 0 from ${sql('numbers')} where ${sql`false`}`;
    await sql`select 1`.simple();
    await sql`select n from numbers`.forEach(() => {});
    await sql`select ${1}::int4`.describe();
    return one;
  });
  assert.deepEqual([result, tookMs], [{ n: 1 }, 0]);
});

test('an error ends the hold, and what waits beside it takes its time', async () => {
  const { tookMs } = await play(async (sql, clock) => {
    await assert.rejects(sql`select * from nowhere`, { code: '42P01' });
    await assert.rejects(sql.unsafe('selec'), { code: '42601' });
    await clock.sleep(10);
    await assert.rejects(
      sql.begin((transaction) => transaction`select 1 / 0`),
      { code: '22012' },
    );
    await Promise.allSettled([sql`select 1 / 0`, sql.unsafe(slow), sql`select * from nowhere`]);
  });
  assert.equal(tookMs, 10);
});

test('in a transaction the queries are held and its own waits are not, savepoints too', async () => {
  const { result, tookMs } = await play(async (sql, clock) => {
    const sum = await sql.begin(async (transaction) => {
      await transaction.unsafe(slow);
      await clock.sleep(100);
      await transaction.savepoint(async (point) => {
        await point`insert into numbers values (1001)`;
        await clock.sleep(20);
      });
      await assert.rejects(
        transaction.savepoint('failing', async (point) => {
          await clock.sleep(3);
          await point`select 1 / 0`;
        }),
        { code: '22012' },
      );
      const [row] = await transaction<{ sum: number }[]>`select sum(n)::int4 as sum from numbers`;
      return row?.sum;
    });
    await sql.begin('read only', (transaction) => [transaction`select 1`, transaction`select 2`]);
    await assert.rejects(
      sql.begin(() => {
        throw new Error('changed our mind');
      }),
      /changed our mind/,
    );
    await sql`delete from numbers where n > 1000`;
    return sum;
  });
  assert.deepEqual([result, tookMs], [501_501, 123]);
});

test('a cursor is held while it fetches and not while its rows are used', async () => {
  const { result, tookMs } = await play(async (sql, clock) => {
    let rows = 0;
    for await (const batch of sql`select n from numbers order by n`.cursor(100)) {
      rows += batch.length;
      await clock.sleep(5);
    }
    for await (const batch of sql`select n from numbers`.cursor(100)) {
      rows += batch.length;
      break;
    }
    await sql`select n from numbers`.cursor(250, async (batch) => {
      rows += batch.length;
      await clock.sleep(7);
    });
    await assert.rejects(async () => {
      for await (const _ of sql`select 1 / (n - 500) from numbers`.cursor(100)) await clock.sleep(1);
    });
    return rows;
  });
  // Ten batches of 5 ms, four of 7 ms, and four of 1 ms before the division by zero.
  assert.deepEqual([result, tookMs], [2_100, 10 * 5 + 4 * 7 + 4]);
});

test('reserved connections, listeners and the end of the pool', async () => {
  const heard: string[] = [];
  const { tookMs } = await play(async (sql, clock) => {
    // Without fetch_types postgres.js never hands out a connection that a reservation itself has opened.
    await Promise.all([sql`select pg_sleep(0.05)`, sql`select pg_sleep(0.05)`]);
    const reserved = await sql.reserve();
    await reserved.unsafe(slow);
    await clock.sleep(10);
    await reserved`select 1`;
    reserved.release();
    const { unlisten } = await sql.listen('news', (text) => heard.push(text));
    await sql.notify('news', 'something');
    while (heard.length === 0) await clock.holdFor('the news', new Promise((resolve) => setTimeout(resolve, 1)));
    await unlisten();
    const blocked = await Promise.all([sql.reserve(), sql.reserve()]);
    const third = sql`select 1`;
    void third.execute();
    void clock.holdFor('others', new Promise((resolve) => setTimeout(resolve, 20))).then(() => {
      for (const one of blocked) one.release();
    });
    await third;
    await sql.end();
  });
  assert.deepEqual([heard, tookMs], [['something'], 10]);
});

test('a query that is cut off with its connection, and one that is cancelled, hold nothing', async () => {
  const { tookMs } = await play(async (sql, clock) => {
    const cut = sql.unsafe('select pg_terminate_backend(pg_backend_pid())');
    await assert.rejects(cut);
    const endless = sql.unsafe('select pg_sleep(600)');
    void endless.execute();
    setTimeout(() => endless.cancel(), 100);
    await assert.rejects(endless, { code: '57014' });
    await clock.sleep(100);
  });
  assert.equal(tookMs, 100);
});

test('in turns the database does one thing at a time, in the order in which they were asked for', async () => {
  const { result, tookMs } = await play(async (sql, clock) => {
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    const transaction = sql.begin(async (inside) => {
      await inside`select 1`;
      order.push('in the transaction');
      await clock.sleep(30);
      await inside`select 1`;
    });
    const cancelled = sql`select 1`;
    const all = [
      sql.unsafe(slow).then(note('slow')),
      sql`select 1`.then(note('quick')),
      sql`select 1 / 0`.catch(note('wrong')),
      transaction.then(note('transaction')),
      assert.rejects(cancelled).then(note('cancelled')),
      sql`select n from numbers limit 3`.cursor(1, () => void order.push('row')).then(note('cursor')),
      sql.unsafe(slow).then(note('last')),
    ];
    await Promise.resolve();
    cancelled.cancel();
    await Promise.all(all);
    for await (const _ of sql`select n from numbers limit 2`.cursor(1)) order.push('next');
    return order;
  }, new OneAtATime());
  assert.deepEqual(
    [result, tookMs],
    [
      [
        ...['cancelled', 'in the transaction', 'transaction', 'slow', 'quick', 'wrong'],
        ...['row', 'row', 'row', 'cursor', 'last', 'next', 'next'],
      ],
      30,
    ],
  );
});
