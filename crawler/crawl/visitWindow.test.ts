import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VisitWindow } from './visitWindow.ts';

/** Periods of one second, each with this many visits ended and this many late answers, then a look at the last one. */
function pass(window: VisitWindow, seconds: number, ended: number, late: number, from = 0): number {
  for (let second = 0; second < seconds; second++) {
    const now = from + second * 1_000;
    for (let i = 0; i < ended; i++) window.ended(now);
    for (let i = 0; i < late; i++) window.late(`${second} ${i}`, now);
  }
  window.late('the last', from + seconds * 1_000);
  return from + seconds * 1_000 + 1_000;
}

test('the window grows by one a visit up to its bound', () => {
  const window = new VisitWindow(100);
  assert.equal(window.size, 64);
  pass(window, 1, 20, 0);
  assert.equal(window.size, 84);
  pass(window, 1, 200, 0, 10_000);
  assert.equal(window.size, 100);
});

test('a second in which many answers come late shrinks it, and it grows again by a few a window', () => {
  const window = new VisitWindow(1_000);
  const later = pass(window, 1, 936, 300);
  assert.equal(window.size, 700);
  pass(window, 1, 700, 0, later);
  assert.ok(window.size >= 703 && window.size <= 704, `${window.size}`);
});

test('a few that are always late, or pretend to be, do not close it', () => {
  const window = new VisitWindow(400);
  pass(window, 100, 50, 5);
  assert.equal(window.size, 400);
});

test('it never closes, and never passes a small bound', () => {
  const window = new VisitWindow(400);
  pass(window, 100, 10, 100);
  assert.equal(window.size, 48);
  const narrow = new VisitWindow(3);
  pass(narrow, 100, 10, 100);
  assert.equal(narrow.size, 3);
});

test('a tenth that hold back every answer, whether at once or all in one second, do not close it', () => {
  const minute = 60_000;
  const window = new VisitWindow(400);
  // Five hundred visits a minute; fifty of them are to nodes that answer late, each with five answers.
  for (let time = 0; time < 4 * 3_600_000; time += 30 * minute) {
    for (let second = 0; second < 60; second++) {
      const now = time + second * 1_000;
      for (let i = 0; i < 8; i++) window.ended(now);
      for (let answer = 0; answer < 5; answer++) window.late(`liar ${second % 50}`, now);
    }
  }
  assert.equal(window.size, 400);
  // They have a habit by now: all together they move nothing.
  for (let liar = 0; liar < 50; liar++) window.late(`liar ${liar}`, 4 * 3_600_000);
  window.ended(4 * 3_600_000 + 1_001);
  assert.equal(window.size, 400);
  // Whoever was never late before is believed.
  for (let node = 0; node < 50; node++) window.late(`node ${node}`, 4 * 3_600_000 + 1_002);
  window.ended(4 * 3_600_000 + 2_500);
  assert.ok(window.size < 300, `${window.size}`);
});
