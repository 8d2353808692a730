import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { Interner, maxCached } from './interner.ts';

test('the same value has the same number for everyone', async (t) => {
  const { sql } = await openTestDatabase(t);
  const [a, b] = [new Interner(sql), new Interner(sql)];
  const codes = ['ok', 'pingTimeout', 'dialTimeout'];
  const [first, second] = await Promise.all([a.codes(codes), b.codes(codes.toReversed())]);
  assert.deepEqual(new Map([...second].sort()), new Map([...first].sort()));
  assert.deepEqual(await a.codes(['ok']), new Map([['ok', first.get('ok')]]));
  for (let start = 0; start < 50; start++) await new Interner(sql).codes(codes);
  const numbers = await new Interner(sql).codes(['another']);
  assert.ok((numbers.get('another') ?? 99) <= 10, 'numbers are not used up by values that are known');
});

test('strangers who invent values do not fill the memory', async (t) => {
  const { sql } = await openTestDatabase(t);
  const interner = new Interner(sql);
  for (let start = 0; start < maxCached + 5_000; start += 5_000) {
    const list = Array.from({ length: 5_000 }, (_, i) => ({ hash: '01020304', next: String(start + i) }));
    assert.equal((await interner.forkIds(list, new Date(0))).size, 5_000);
  }
  assert.equal(interner.cached, maxCached);
  assert.equal(
    (await interner.forkIds([{ hash: '01020304', next: '0' }], new Date(0))).size,
    1,
    'and what was forgotten is found again',
  );
});

test('one string for two clients has a number for each, and a better reading later replaces its own', async (t) => {
  const { sql } = await openTestDatabase(t);
  const raw = 'Geth/v1.5.10-4c3c3a3b/linux-amd64/go1.24.0';
  const rest = { version: '1.5.10', os: 'linux', arch: 'x86_64', language: 'go 1.24.0' };
  const geth = { raw, name: 'geth', byCapability: false, ...rest };
  const bsc = { raw, name: 'bsc', byCapability: true, ...rest };
  const numbers = await new Interner(sql).clients([geth, bsc], new Date(0));
  assert.equal(new Set(numbers.values()).size, 2);
  assert.deepEqual([...(await new Interner(sql).clients([bsc, geth], new Date(0)))].sort(), [...numbers].sort());
  await new Interner(sql).clients([{ ...geth, name: 'goquorum' }], new Date(0));
  const rows = await sql`select name, by_capability as "byCapability" from clients where raw = ${raw} order by name`;
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      { name: 'bsc', byCapability: true },
      { name: 'goquorum', byCapability: false },
    ],
  );
});
