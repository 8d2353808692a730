import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WorkLog } from './workLog.ts';

const minute = 60_000;
const spansOf = (work: WorkLog) =>
  work.spans.map(({ fromAt, untilAt, heard }) => `${fromAt}-${untilAt} ${heard ? 'heard' : 'deaf'}`);
const tickTo = (work: WorkLog, from: number, to: number) => {
  for (let at = from; at <= to; at += 10_000) work.tick(at);
};

test('one span from the start, if somebody answers within a minute', () => {
  const work = new WorkLog(0);
  assert.deepEqual(spansOf(work), ['0-0 deaf'], 'nobody has answered yet');
  work.heard('a', 5_000);
  tickTo(work, 10_000, 10 * minute);
  assert.deepEqual(spansOf(work), ['0-600000 heard']);
});

test('a start without a line is no look at the network', () => {
  const work = new WorkLog(0);
  for (let n = 0; n < 10; n++) work.unanswered('z', n * 1_000);
  tickTo(work, 10_000, 10 * minute);
  work.heard('a', 10 * minute + 1);
  tickTo(work, 10 * minute + 10_000, 11 * minute);
  assert.deepEqual(spansOf(work), ['0-600000 deaf', '600001-660000 heard']);
});

test('many visits in a row without an answer from anybody: deaf since the last that was heard', () => {
  const work = new WorkLog(0);
  work.heard('a', 1);
  tickTo(work, 10_000, 5 * minute);
  for (let n = 0; n < 63; n++) work.unanswered('z', 5 * minute + n);
  work.heard('a', 5 * minute + 70);
  for (let n = 0; n < 63; n++) work.unanswered('z', 6 * minute);
  assert.ok(!work.isDeaf);
  work.tick(6 * minute);
  work.unanswered('z', 6 * minute);
  assert.ok(work.isDeaf);
  tickTo(work, 6 * minute + 10_000, 7 * minute);
  work.heard('a', 7 * minute);
  work.tick(7 * minute + 5);
  assert.deepEqual(spansOf(work), ['0-300071 heard', '300071-420000 deaf', '420000-420005 heard']);
});

describe('on a chain of a few nodes', () => {
  const few = () => {
    const work = new WorkLog(0);
    for (const key of ['a', 'b', 'c']) work.heard(key, 1);
    tickTo(work, 10_000, 30 * minute);
    return work;
  };
  const ask = (work: WorkLog, at: number, ...keys: string[]) => {
    for (const key of keys) work.unanswered(key, at);
  };

  test('each of those that answered is asked twice in vain: the line or the chain is down', () => {
    const work = few();
    ask(work, 30 * minute, 'a', 'b', 'c', 'a', 'b', 'z', 'z', 'z');
    assert.ok(!work.isDeaf, 'one was asked only once, and names of whom nobody knows say nothing');
    tickTo(work, 30 * minute + 10_000, 40 * minute);
    ask(work, 40 * minute, 'c');
    assert.ok(work.isDeaf);
    assert.deepEqual(spansOf(work), ['0-2 heard', `2-${40 * minute} deaf`]);
    work.heard('d', 50 * minute);
    assert.ok(!work.isDeaf);
    ask(work, 60 * minute, 'd', 'a', 'd');
    assert.ok(work.isDeaf, 'of the others nobody knows any more');
  });

  test('while one answers the line is up; who fell silent before is not waited for when that one does too', () => {
    const work = few();
    ask(work, 30 * minute, 'a', 'a', 'b', 'b', 'b');
    work.heard('c', 31 * minute);
    ask(work, 40 * minute, 'a', 'b', 'c');
    assert.ok(!work.isDeaf);
    ask(work, 45 * minute, 'c');
    assert.ok(work.isDeaf);
  });

  test('who answered longer ago than the counts look back is no voice', () => {
    const work = few();
    work.heard('d', 3 * 60 * minute);
    ask(work, 3.5 * 60 * minute, 'd', 'd');
    assert.ok(work.isDeaf);
  });

  test('sixty of a hundred voices are too few to tell, whoever they are', () => {
    const work = new WorkLog(0);
    for (let n = 0; n < 100; n++) work.heard(`${n}`, n);
    for (let n = 0; n < 63; n++) work.unanswered(`${n}`, minute);
    for (let n = 0; n < 31; n++) work.heard(`${n}`, minute);
    assert.ok(!work.isDeaf);
    for (let n = 0; n < 32; n++) for (const time of [2, 3]) if (!work.isDeaf) work.unanswered(`${n}`, time * minute);
    assert.ok(work.isDeaf, 'sixty-four in a row');
  });
});

test('a machine that slept did not look, and a clock set back begins anew', () => {
  const work = new WorkLog(0);
  work.heard('a', 0);
  tickTo(work, 10_000, minute);
  tickTo(work, 90 * minute, 91 * minute);
  assert.deepEqual(spansOf(work), ['0-60000 heard', `${90 * minute}-${91 * minute} heard`]);
  work.tick(80 * minute);
  assert.deepEqual(spansOf(work).at(-1), `${80 * minute}-${80 * minute} heard`);
});

test('what is written is forgotten, but not the present, nor what has changed since; and there is a bound', () => {
  const work = new WorkLog(0);
  work.heard('a', 0);
  const first = work.spans;
  work.tick(10_000);
  work.written(first);
  assert.deepEqual(spansOf(work), ['0-10000 heard']);
  work.tick(5 * minute);
  work.written(first);
  assert.equal(work.spans.length, 2, 'it was longer when it ended');
  work.written(work.spans);
  assert.deepEqual(spansOf(work), [`${5 * minute}-${5 * minute} heard`]);
  for (let n = 1; n < 1_000; n++) work.tick(n * 10 * minute);
  assert.equal(work.spans.length, 100);
});

test('late visits are a span of their own, by the window for which they are too late, and with one step for what goes up and down', () => {
  const work = new WorkLog(0);
  work.heard('a', 1);
  const lateness = [0, 5, 6.5, 5.9, 3.1, 2.9, 80, 71, 37, 35, 0];
  for (const [n, minutes] of lateness.entries()) work.tick(n * 10_000, minutes * minute);
  assert.deepEqual(
    work.spans.map(({ fromAt, untilAt, lateMs = 0 }) => `${fromAt / 1_000}-${untilAt / 1_000} ${lateMs / minute}`),
    ['0-20 0', '20-50 6', '50-60 0', '60-90 72', '90-100 6', '100-100 0'],
  );
});

test('two spans never begin at one time, since they are known by that', () => {
  const work = new WorkLog(0);
  work.heard('a', 0);
  tickTo(work, 10_000, minute);
  work.tick(minute + 1, 10 * minute);
  work.tick(minute + 1, 0);
  for (let n = 0; n < 64; n++) work.unanswered('z', minute + 1);
  work.heard('a', minute + 1);
  const begins = work.spans.map(({ fromAt }) => fromAt);
  assert.equal(new Set(begins).size, begins.length, begins.join());
});

test('of a clock that is set back no span stays in the future, and none begins there', () => {
  const work = new WorkLog(0);
  work.heard('a', 0);
  tickTo(work, 10_000, 10 * minute);
  for (let n = 0; n < 64; n++) work.unanswered(`n${n}`, 10 * minute);
  work.tick(10 * minute);
  work.tick(5 * minute);
  for (let n = 0; n < 64; n++) work.unanswered(`n${n}`, 5 * minute);
  work.heard('a', 5 * minute + 1);
  work.tick(6 * minute);
  assert.deepEqual(
    work.spans.filter(({ fromAt, untilAt }) => Math.max(fromAt, untilAt) > 6 * minute),
    [],
  );
  assert.equal(work.spans.at(-1)?.untilAt, 6 * minute);
});
