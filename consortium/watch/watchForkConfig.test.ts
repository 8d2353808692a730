import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { Secret } from '../../lib/secret.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import type { Clock } from '../../p2p/ports.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { createRpcScheduleStore } from '../store/rpcScheduleStore.ts';
import { watchForkConfig } from './watchForkConfig.ts';

const ethConfig = JSON.parse(readFileSync(join(packageRoot, 'consortium/testdata/ethConfigHoodi.json'), 'utf8'));
const genesisHash = 'bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b';
const start = Date.UTC(2026, 8, 1);

/** A node of Hoodi; `config` null = one that does not know eth_config. */
async function serveNode(t: { after(hook: () => void): void }, config: object | null): Promise<string> {
  const answers: Record<string, object> = {
    eth_getBlockByNumber: { result: { number: '0x0', hash: `0x${genesisHash}` } },
    net_version: { result: '560048' },
    ...(config === null ? {} : { eth_config: { result: config } }),
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const calls: { id: number; method: string }[] = [JSON.parse(body)].flat();
    const unknown = { error: { code: -32601, message: 'the method does not exist' } };
    const given = calls.map(({ id, method }) => ({ jsonrpc: '2.0', id, ...(answers[method] ?? unknown) }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body.startsWith('[') ? given : given[0]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('an endpoint that knows a fork which the file lacks: stored for the page and the alert, logged once', async (t) => {
  const db = await openTestDatabase(t);
  await db.sql`insert into networks (slug, name, network_id, genesis_hash, consensus, file)
    values ('hoodi', 'Hoodi', 560048, decode(${genesisHash}, 'hex'), 'pos', '{}')`;
  const hashes = ['bef71d30', '0929e24e', 'e7e0e7ff', '3893353e'];
  for (const [position, hash] of hashes.entries()) {
    await db.sql`insert into network_forks values ('hoodi', ${position}, ${`fork ${position}`},
      ${position === 0 ? 'genesis' : 'time'}, ${position}, decode(${hash}, 'hex'), ${position + 1})`;
  }
  const lines: [string, object][] = [];
  const nothing = (): void => {};
  const line = (message: string, fields: object = {}): void => void lines.push([message, fields]);
  let now = start;
  const ended = new AbortController();
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      if (now > start + 5 * 3_600_000) ended.abort();
    },
    after: systemClock.after,
  };
  const endpoint = (name: string, url: string) => {
    return { name, url: new Secret(url), headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null };
  };
  await watchForkConfig(
    {
      name: 'mine',
      endpoints: [endpoint('new', await serveNode(t, ethConfig.result)), endpoint('old', await serveNode(t, null))],
      rpc: { timeoutMs: 20_000, maxBodyBytes: 64 * 1024 },
    },
    {
      clock,
      random: { next: () => 0 },
      log: { debug: nothing, info: line, warn: line, error: line },
      schedules: createRpcScheduleStore(db.sql),
      isOnDuty: () => true,
    },
    ended.signal,
  );
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.[0] ?? '', /^the network file is older than the network: an endpoint knows a fork/);
  assert.deepEqual(lines[0]?.[1], { network: 'hoodi', endpoint: 'mine/new', forks: '0x23aa1351 at 1762955544' });
  const rows = await db.sql`
    select network, encode(hash, 'hex') as hash, encode(base, 'hex') as base, activation, subnets, outdates, endpoint
    from learned_forks`;
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      {
        network: 'hoodi',
        hash: '23aa1351',
        base: '3893353e',
        activation: 1_762_955_544n,
        subnets: 0,
        outdates: false,
        endpoint: 'mine/new',
      },
    ],
  );
  const store = createRpcScheduleStore(db.sql);
  assert.equal(await store.scheduleOf({ genesisHash, networkId: '7' }), null);
  await db.sql`insert into networks (slug, name, network_id, genesis_hash, consensus, file)
    values ('twin', 'Twin', 560048, decode(${genesisHash}, 'hex'), 'pos', '{}')`;
  await db.sql`insert into network_forks values ('twin', 0, 'genesis', 'genesis', 0, decode('bef71d30', 'hex'), 0)`;
  assert.equal(await store.scheduleOf({ genesisHash, networkId: '560048' }), null, 'two networks claim it');
});
