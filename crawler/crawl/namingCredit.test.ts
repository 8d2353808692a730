import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NamingCredit } from './namingCredit.ts';

function spendAll(credit: NamingCredit, source: string): number {
  let spent = 0;
  while (spent < 10_000 && credit.spend(source)) spent++;
  return spent;
}

test('whoever names nobody that answers gets no more than the first places', () => {
  const credit = new NamingCredit();
  assert.equal(spendAll(credit, 'a'), 16);
  assert.equal(spendAll(credit, 'a'), 0);
  assert.equal(spendAll(credit, 'b'), 16);
});

test('each node that answers earns ten more places for the one that named it', () => {
  const credit = new NamingCredit();
  spendAll(credit, 'a');
  credit.earn('a');
  credit.earn('a');
  credit.earn('nobody');
  assert.equal(spendAll(credit, 'a'), 20);
  assert.equal(credit.spend('a'), false);
});

test('sources are bounded: the oldest is forgotten and begins anew', () => {
  const credit = new NamingCredit({ first: 1, firstOfTrusted: 2, perProven: 1, maxSources: 3 });
  for (const source of ['a', 'b', 'c', 'd']) assert.equal(credit.spend(source), true);
  assert.equal(credit.size, 3);
  assert.equal(credit.spend('d'), false);
  assert.equal(credit.spend('a'), true);
});

test('a bootnode may name a whole table before any of it answered', () => {
  const credit = new NamingCredit();
  credit.trust('a');
  assert.equal(spendAll(credit, 'a'), 272);
  credit.earn('a');
  assert.equal(spendAll(credit, 'a'), 10);
});
