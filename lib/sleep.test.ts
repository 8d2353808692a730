import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './sleep.ts';

test('a sleep ends by itself, or at once with its signal, and leaves no listener on it', async () => {
  const ending = new AbortController();
  await sleep(1, ending.signal);
  const cut = sleep(60_000, ending.signal);
  ending.abort();
  await cut;
  await sleep(60_000, ending.signal);
  await sleep(-1);
});

test('a wait that no timer can hold does not end at once', async () => {
  const ending = new AbortController();
  let over = false;
  const long = sleep(2 ** 40, ending.signal).then(() => {
    over = true;
  });
  await sleep(5);
  assert.equal(over, false);
  ending.abort();
  await long;
});
