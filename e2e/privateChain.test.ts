/**
 * A private chain of four real EthereumJS clients, made known to Forkscope by its genesis.json alone, and a fifth that
 * was started with another genesis: found, and shown as no node of that chain.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readinessResponse } from '../api/contract/forks.ts';
import { listNodesResponse } from '../api/contract/nodes.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';
import { type PrivateClient, privateChain, startPrivateClient } from './peers/ethereumjsClient.ts';

const second = 81;
const ourIp = `127.${second}.1.1`;
const addressOf = (index: number) => ({ ip: `127.${second}.0.${index + 1}`, port: 30_411 + index });
/** The same chain id and forks, one second later: another block 0. */
const otherGenesis = { ...privateChain.genesis, timestamp: '0x65000001' };

describe('a private chain known by its genesis file', { timeout: 240_000 }, () => {
  test('four nodes are on it, and the one with another genesis is foreign', async (t) => {
    const clients: PrivateClient[] = [];
    t.after(() => Promise.all(clients.map((client) => client[Symbol.asyncDispose]())));
    // Two at a time: each takes seconds of a core to start.
    for (const pair of [[0, 1], [2, 3], [4]]) {
      clients.push(
        ...(await Promise.all(
          pair.map((index) =>
            startPrivateClient({ ...addressOf(index), ...(index === 4 ? { genesis: otherGenesis } : {}) }),
          ),
        )),
      );
    }
    const folder = temporaryFolder(t, 'private');
    const dataDir = join(folder, 'data');
    const opened = await openTestDatabase();
    t.after(() => opened.close());
    const genesisFile = join(folder, 'genesis.json');
    writeFileSync(genesisFile, JSON.stringify(privateChain.genesis));

    const urls = clients.map(({ id, ip, port }) => `enode://${id}@${ip}:${port}`).join(',');
    const added = await startForkscope([
      ...['networks', 'add', genesisFile, '--slug', 'ours', '--name', 'Our chain', '--json'],
      ...['--bootnode-urls', urls, '--cidrs', '127.0.0.0/8', '--data-dir', dataDir],
    ]).ended;
    assert.equal(added.code, 0, added.stderr);
    assert.equal(JSON.parse(added.stdout).genesisHash, `0x${privateChain.genesisHash}`);

    const { code, stdout, stderr } = await startForkscope(
      [
        ...['crawl', '--once', '--data-dir', dataDir, '--crawl-metrics-port', '0'],
        ...['--bind4', ourIp, '--bind6', 'none', '--port', '30391'],
      ],
      { DATABASE_URL: opened.url },
    ).ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /identified +5 \(100\.0 %\)/);

    // Ends before the database is closed, however the test turns out.
    await using api = startForkscope(['serve', '--http-port', '0'], { DATABASE_URL: opened.url });
    const [, url = ''] = await api.printed(/served.*?"url":"([^"]+)"/, 30_000);
    const read = async (path: string): Promise<unknown> => (await fetch(`${url}/api/v1${path}`)).json();

    const { nodes } = listNodesResponse.parse(await read('/nodes?population=identified&limit=100'));
    const seen = new Map(
      nodes.map(({ id, network, genesisHash, forkClass }) => [id, { network, genesisHash, forkClass }]),
    );
    for (const [index, { id }] of clients.entries()) {
      const node = seen.get(id);
      if (index < 4) {
        const beside = { candidates: [], relative: false, otherNetworkId: false };
        const network = { slug: 'ours', source: 'status', ambiguous: false, ...beside };
        assert.deepEqual(node, { network, genesisHash: `0x${privateChain.genesisHash}`, forkClass: 'ready' });
      } else {
        assert.equal(node?.network?.slug ?? null, null, 'not on our chain');
        assert.equal(node?.forkClass, null);
        assert.match(node?.genesisHash ?? '', /^0x[0-9a-f]{64}$/);
        assert.notEqual(node?.genesisHash, `0x${privateChain.genesisHash}`);
      }
    }

    const readiness = readinessResponse.parse(await read('/networks/ours/readiness'));
    assert.equal(readiness.fork?.name, 'Prague');
    assert.deepEqual([readiness.ready, readiness.share], [4, 1]);
    assert.equal(readiness.clients[0]?.client, 'ethereumjs');
    assert.equal(readiness.clients[0]?.lowestReady?.version, '0.10.5');
    // The head of a chain that has only its genesis, read from the header that each Status names.
    const [head] = await opened.sql<{ number: bigint; nodes: number }[]>`
      select number, nodes from head_estimates where network = 'ours' order by at desc limit 1`;
    const visits = await opened.sql`select direction, stage, code, head_number from visit_rows`;
    assert.deepEqual(
      { ...head },
      { number: 0n, nodes: 4 },
      visits.map((visit) => Object.values(visit).join(' ')).join('\n'),
    );
    const heads = await opened.sql<{ head_at: Date | null }[]>`select head_at from nodes where network = 'ours'`;
    const born = Number.parseInt(privateChain.genesis.timestamp, 16) * 1_000;
    assert.deepEqual(
      heads.map(({ head_at }) => head_at?.getTime()),
      [born, born, born, born],
    );
  });
});
