import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assignSlots,
  type ColourBook,
  decodeColourBook,
  encodeColourBook,
  otherSlot,
  untoldSlot,
} from './seriesColours.ts';
import { seriesSlots } from './theme.ts';

test('a key keeps its colour between charts, whatever stands beside it', () => {
  const book: ColourBook = new Map();
  const first = assignSlots('client', ['geth', 'bor', 'coregeth'], book);
  const second = assignSlots('client', ['coregeth', 'geth', 'nethermind'], book);
  assert.equal(first.get('coregeth'), second.get('coregeth'));
  assert.equal(first.get('geth'), 0);
  assert.equal(second.get('geth'), 0);
});

test('and over a reload', () => {
  const book: ColourBook = new Map();
  const before = assignSlots('fork', ['07c9462e/0', 'cba2a1c0/1767747671'], book, () => 3);
  const after = assignSlots(
    'fork',
    ['cba2a1c0/1767747671', '07c9462e/0'],
    decodeColourBook(encodeColourBook(book)),
    () => 7,
  );
  assert.deepEqual([...after].sort(), [...before].sort());
});

test('without a memory the same chart still gets the same colours', () => {
  const keys = ['x', 'y', 'z'];
  assert.deepEqual(assignSlots('client', keys, new Map()), assignSlots('client', keys, new Map()));
});

test('up to eight keys of one chart never share a colour', () => {
  const keys = Array.from({ length: seriesSlots }, (_, index) => `key-${index}`);
  assert.equal(new Set(assignSlots('client', keys, new Map()).values()).size, seriesSlots);
});

test('what strangers call themselves finds nothing of ours', () => {
  for (const key of ['constructor', '__proto__', 'toString']) {
    const slot = assignSlots('client', [key], new Map()).get(key);
    assert.ok(slot !== undefined && Number.isInteger(slot) && slot >= 0 && slot < seriesSlots, key);
  }
});

test('the rest and those who do not tell are grey', () => {
  const slots = assignSlots('client', ['other', ''], new Map());
  assert.equal(slots.get('other'), otherSlot);
  assert.equal(slots.get(''), untoldSlot);
});

test('the memory is bounded, the oldest leaves', () => {
  const book: ColourBook = new Map();
  for (let index = 0; index < 1_200; index++) assignSlots('client', [`c${index}`], book);
  assert.equal(book.size, 500);
  assert.ok(book.has('client:c1199') && !book.has('client:c0'));
});

test('anything may stand in the browser’s storage', () => {
  for (const text of [null, '', '{', '{}', '[1]', '[["a"]]', '[["a",99],["b",-1],["c",1.5],[3,1]]', '"x"']) {
    assert.equal(decodeColourBook(text).size, 0, String(text));
  }
});

test('two keys that got one slot in two charts part where they meet, and the larger keeps its own', () => {
  const book: ColourBook = new Map([
    ['fork:aa', 2],
    ['fork:bb', 2],
    ['fork:cc', 3],
  ]);
  const slots = assignSlots('fork', ['aa', 'bb', 'cc'], book);
  assert.deepEqual([slots.get('aa'), slots.get('cc')], [2, 3]);
  assert.equal(new Set(slots.values()).size, 3);
  assert.deepEqual(assignSlots('fork', ['bb'], book).get('bb'), slots.get('bb'), 'and stays so');
});
