import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StrangerCredit } from './strangerCredit.ts';

const limits = { perSource: { perSecond: 10, burst: 500 }, inAll: { perSecond: 100, burst: 2000 } };

/** Spends in steps of 100 bytes as long as there is credit. */
function spendAll(credit: StrangerCredit, source: string, now: number): number {
  let spent = 0;
  for (; credit.affords(source, 100, now) && spent < 1e6; spent += 100) credit.spend(source, 100, now);
  return spent;
}

test('a source gets its allowance, what it brings, and a trickle; no more', () => {
  const credit = new StrangerCredit(limits, 100);
  assert.equal(spendAll(credit, 'a', 0), 500);
  assert.equal(spendAll(credit, 'a', 0), 0);
  credit.earn('a', 300, 0);
  assert.equal(spendAll(credit, 'a', 0), 300);
  assert.equal(spendAll(credit, 'a', 30_000), 300, 'ten bytes a second');
  credit.earn('a', 1e6, 30_000);
  assert.equal(spendAll(credit, 'a', 30_000), 500, 'nothing is saved up beyond the allowance');
  assert.equal(spendAll(credit, 'a', 0), 0, 'a clock set back gives nothing');
});

test('however many sources there are, together they get the allowance of all', () => {
  const credit = new StrangerCredit(limits, 100);
  let spent = 0;
  for (let i = 0; i < 1000; i++) spent += spendAll(credit, `source ${i}`, 0);
  assert.equal(spent, 2000);
  assert.equal(credit.size, 4, 'those that got nothing are not remembered');
  assert.equal(spendAll(credit, 'late', 5000), 500, 'and a trickle');
});

test('sources are bounded; who is forgotten draws on the allowance of all again', () => {
  const credit = new StrangerCredit(limits, 3);
  let spent = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 5; i++) {
      credit.earn(`source ${i}`, 1, 0);
      spent += spendAll(credit, `source ${i}`, 0);
    }
    assert.ok(credit.size <= 3);
  }
  assert.ok(spent <= 2000 + 250, `${spent} bytes`);
});

test('a proof gives back what becoming known cost, to the source and to all, and not a byte more', () => {
  const credit = new StrangerCredit(limits, 100);
  assert.equal(spendAll(credit, 'a', 0), 500);
  credit.restore('a', 0);
  credit.restore('a', 0);
  credit.restore('nobody', 0);
  assert.equal(spendAll(credit, 'a', 0), 500);
  let spent = 0;
  for (const source of ['b', 'c', 'd', 'e']) spent += spendAll(credit, source, 0);
  assert.equal(spent, 1500);
});
