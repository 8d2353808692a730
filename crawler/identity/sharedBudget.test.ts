import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDiscv4Limits, privateDiscv4Limits } from '../../p2p/protocol/discv4Types.ts';
import { createSharedBudget } from './sharedBudget.ts';

const begin = 1_800_000_000_000;

test('no more is sent in total than allowed, everyone gets a turn, and few ask in vain', () => {
  const perSecond = 500;
  const budget = createSharedBudget(privateDiscv4Limits, perSecond);
  const due = Array.from({ length: 2_000 }, (_, i) => ({
    at: begin,
    to: { ip: `127.0.${i >> 8}.${i & 255}`, port: 30_303 },
  }));
  let asked = 0;
  let last = begin;
  const sentAt: number[] = [];
  while (due.length > 0) {
    due.sort((a, b) => a.at - b.at);
    const [next] = due;
    assert.ok(next);
    last = Math.max(last, next.at);
    asked++;
    const wait = budget.delay(next.to, last);
    if (wait === 0) {
      sentAt.push(last);
      due.shift();
    } else next.at = last + wait;
  }
  for (let i = 550; i < sentAt.length; i++) {
    const ms = (sentAt[i] ?? 0) - (sentAt[i - 550] ?? 0);
    assert.ok(ms >= 950, `551 packets in ${ms} ms`);
  }
  const took = last - begin;
  assert.ok(took < 6_000, `2,000 packets at 500 a second took ${took} ms`);
  assert.ok(asked < 8_000, `2,000 packets asked ${asked} times`);
});

test('one address has a limit of its own besides', () => {
  const budget = createSharedBudget(defaultDiscv4Limits, 100_000);
  const to = { ip: '8.8.8.8', port: 30_303 };
  let sent = 0;
  while (sent < 1_000 && budget.delay(to, begin) === 0) sent++;
  assert.equal(sent, 45);
  assert.equal(budget.delay({ ip: '8.8.4.4', port: 30_303 }, begin), 0);
});
