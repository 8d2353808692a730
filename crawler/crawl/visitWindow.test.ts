import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VisitWindow } from './visitWindow.ts';

test('the window grows by one a visit up to its bound', () => {
  const window = new VisitWindow(100);
  assert.equal(window.size, 64);
  for (let i = 0; i < 20; i++) window.ended();
  assert.equal(window.size, 84);
  for (let i = 0; i < 200; i++) window.ended();
  assert.equal(window.size, 100);
});

test('late answers shrink it once a jam, and it then grows by one a window', () => {
  const window = new VisitWindow(1_000);
  for (let i = 0; i < 936; i++) window.ended();
  for (let i = 0; i < 50; i++) window.late(10_000 + i);
  assert.ok(window.size >= 699 && window.size <= 700, `${window.size}`);
  window.late(11_500);
  assert.ok(window.size >= 489 && window.size <= 490, `${window.size}`);
  for (let i = 0; i < 1_000; i++) window.ended();
  assert.ok(window.size >= 491 && window.size <= 493, `${window.size}`);
});

test('it never closes, and never passes a small bound', () => {
  const window = new VisitWindow(400);
  for (let i = 0; i < 100; i++) window.late(i * 2_000);
  assert.equal(window.size, 8);
  const narrow = new VisitWindow(3);
  for (let i = 0; i < 10; i++) narrow.late(i * 2_000);
  assert.equal(narrow.size, 3);
});
