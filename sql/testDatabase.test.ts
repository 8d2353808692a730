import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from './client.ts';
import { openTestDatabase } from './testDatabase.ts';

test('two test databases share nothing', async (t) => {
  const [a, b] = await Promise.all([openTestDatabase(t), openTestDatabase(t)]);
  await a.sql`insert into settings (key, value) values ('x', '1')`;
  assert.equal((await a.sql`select 1 from settings`).length, 1);
  assert.equal((await b.sql`select 1 from settings`).length, 0);
});

test('a leaked connection fails the test that leaked it', async () => {
  const database = await openTestDatabase();
  const leak = connect(database.url, { max: 1, applicationName: 'leaky' });
  await leak`select 1`;
  await assert.rejects(database.close(), /leaked 1 connection: leaky/);
  await leak.end({ timeout: 1 });
});
