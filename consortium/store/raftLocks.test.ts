import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { databaseAt } from '../../sql/database.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { createRaftLocks, openLockConnection, RaftStoreTimeout } from './raftLocks.ts';

test('a database that falls silent is away, not waited for; the next try is a connection of its own', async (t) => {
  const db = await openTestDatabase(t);
  const target = new URL(db.url.replace('@/', '@localhost/'));
  const socket = target.searchParams.get('host');
  const sockets = new Set<Socket>();
  /** Connections up to this one are forgotten. */
  let forgotten = 0;
  let connections = 0;
  // What a firewall does when it forgets a connection: both ends stay open, and nothing gets through.
  const proxy = createServer((near) => {
    connections += 1;
    const mine = connections;
    const far =
      socket === null
        ? dial(Number(target.port || 5432), target.hostname)
        : dial(`${socket}/.s.PGSQL.${target.searchParams.get('port') ?? 5432}`);
    near.on('data', (bytes) => void (mine > forgotten && far.write(bytes)));
    far.on('data', (bytes) => void (mine > forgotten && near.write(bytes)));
    for (const each of [near, far]) {
      sockets.add(each);
      each.on('error', () => {});
      each.on('close', () => {
        sockets.delete(each);
        if (mine > forgotten) for (const end of [near, far]) end.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const through = new URL(`postgres://127.0.0.1:${port}${target.pathname}`);
  through.username = target.username;
  through.password = target.password;
  const locks = createRaftLocks(() => openLockConnection(databaseAt(through.href)), systemClock, 4_000);
  try {
    assert.equal(await locks.hold('a'), true);
    assert.equal(await locks.hold('b'), true);
    assert.equal(connections, 1, 'one connection holds all locks');
    forgotten = connections;
    const both = await Promise.allSettled([locks.hold('a'), locks.hold('b')]);
    for (const each of both) assert.ok(each.status === 'rejected' && each.reason instanceof RaftStoreTimeout);
    // The old session still holds them: this process may not write until the server has noticed.
    assert.equal(await locks.hold('a'), false);
    assert.equal(await locks.hold('c'), true);
    assert.equal(connections, 2);
    for (const end of sockets) end.destroy();
    for (let tries = 0; ; tries += 1) {
      if (await locks.hold('a').catch(() => false)) break;
      assert.ok(tries < 200, 'free once the server knows that the old connection is gone');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await locks.close();
    for (const end of sockets) end.destroy();
    proxy.close();
  }
});

test('the server is told to check a lock connection every few seconds', async (t) => {
  const db = await openTestDatabase(t);
  const sql = openLockConnection(databaseAt(db.url));
  try {
    const rows = await sql`
      select name, setting, source from pg_settings
      where name in ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'statement_timeout')
      order by name`;
    // Through a Unix socket the first three read 0, because there a death is noticed at once.
    const local = rows.some(({ name, setting }) => name === 'tcp_keepalives_idle' && setting === '0');
    assert.deepEqual(
      rows.map(({ setting }) => Number(setting)),
      local ? [5_000, 0, 0, 0] : [5_000, 3, 10, 5],
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
});
