import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameAnswer } from '../../p2p/ports.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { NameWatch } from './nameWatch.ts';

const minute = 60_000;

function open(names: readonly string[], answer: (name: string, clock: SimulatedClock) => Promise<NameAnswer>) {
  const clock = new SimulatedClock();
  const startedAt = clock.now();
  const asked: { name: string; at: number }[] = [];
  const answers: [string, NameAnswer['at']][] = [];
  const watch = new NameWatch(
    {
      clock,
      random: seededRandom(3),
      names: {
        lookUp(name) {
          asked.push({ name, at: clock.now() - startedAt });
          return answer(name, clock);
        },
      },
      onAnswer: (name, { at }) => void answers.push([name, at]),
    },
    names,
  );
  const stop = new AbortController();
  return { clock, watch, asked, answers, stop };
}
const found: NameAnswer = { at: 'found', ips: ['127.0.0.1'] };

test('names are looked up at once, then every ten minutes or so, not all at one time', async () => {
  const { clock, watch, asked, stop } = open(['a', 'b', 'c'], async () => found);
  const running = watch.run(stop.signal);
  await clock.drive(clock.sleep(60 * minute));
  stop.abort();
  await clock.drive(running);
  for (const name of ['a', 'b', 'c']) {
    const times = asked.filter((one) => one.name === name).map(({ at }) => at);
    assert.equal(times[0], 0);
    assert.ok(times.length >= 5 && times.length <= 8, `${times.length}`);
    for (let i = 1; i < times.length; i++) {
      const wait = times[i]! - times[i - 1]!;
      assert.ok(wait >= 8 * minute && wait <= 12 * minute, `${wait}`);
    }
  }
  assert.equal(new Set(asked.slice(3).map(({ at }) => at)).size, asked.length - 3);
});

test('a name that cannot be resolved is asked for again soon, then at ever longer intervals', async () => {
  const { clock, watch, asked, answers, stop } = open(['a'], async () => ({ at: 'unknown' }));
  const running = watch.run(stop.signal);
  await clock.drive(clock.sleep(60 * minute));
  stop.abort();
  await clock.drive(running);
  const waits = asked.slice(1).map(({ at }, i) => at - asked[i]!.at);
  assert.ok(waits[0]! <= 12_000, `${waits[0]}`);
  assert.ok(waits.every((wait) => wait <= 12 * minute));
  assert.ok(asked.length >= 9 && asked.length <= 14, `${asked.length}`);
  assert.ok(answers.every(([, at]) => at === 'unknown'));
});

test('a name server that is away holds nothing up for longer than its deadline, and names wait in turn', async () => {
  const { clock, watch, answers, asked, stop } = open(['a', 'b', 'c'], (name) =>
    name === 'c' ? Promise.resolve(found) : new Promise(() => {}),
  );
  const running = watch.run(stop.signal);
  await clock.drive(clock.sleep(29_000));
  assert.equal(asked.length, 2, 'two at a time');
  await clock.drive(clock.sleep(2_000));
  assert.deepEqual(answers.slice(0, 3), [
    ['a', 'unanswered'],
    ['b', 'unanswered'],
    ['c', 'found'],
  ]);
  stop.abort();
  await clock.drive(running);
});

test('when a node falls silent its name is looked up ahead of time, at most once a minute', async () => {
  const { clock, watch, asked, stop } = open(['a'], async () => found);
  const running = watch.run(stop.signal);
  await clock.drive(clock.sleep(2 * minute));
  watch.soon('a');
  watch.soon('nobody');
  await clock.drive(clock.sleep(1_000));
  assert.equal(asked.length, 2);
  for (let i = 0; i < 10; i++) {
    watch.soon('a');
    await clock.drive(clock.sleep(1_000));
  }
  assert.equal(asked.length, 2);
  await clock.drive(clock.sleep(minute));
  assert.equal(asked.length, 3);
  stop.abort();
  await clock.drive(running);
});

test('a single run asks three times for what is not found, then goes on', async () => {
  const { clock, watch, asked } = open(['a', 'b'], async (name) => (name === 'a' ? found : { at: 'unanswered' }));
  await clock.drive(watch.lookUpOnce(new AbortController().signal));
  assert.deepEqual(
    asked.map(({ name }) => name),
    ['a', 'b', 'b', 'b'],
  );
});

test('without names there is nothing to do', async () => {
  const { clock, watch } = open([], () => assert.fail('there are none'));
  await clock.drive(watch.run(new AbortController().signal));
});
