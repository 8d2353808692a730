import type { VisitOutcome, VisitRecord } from '../crawler/crawl/visit.ts';
import { createVisitKey } from '../crawler/crawl/visitKey.ts';
import { silentVisit } from '../crawler/crawl/visitOutcome.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { seededRandom } from './seededRandom.ts';

const random = seededRandom(1);

/** A node ID that begins with `n` in four bytes. */
export function makeId(n: number): Uint8Array {
  const id = new Uint8Array(64).fill(0x5a);
  new DataView(id.buffer).setUint32(0, n);
  return id;
}

export function makeContact(n: number, ip = `10.0.${(n >> 8) & 255}.${n & 255}`): NodeContact {
  return { id: makeId(n), ip, udp: 30_303, tcp: 30_303 };
}

/** An unanswered visit to node `n` at `at`, with overrides. */
export function makeVisit(
  n: number,
  at: number,
  outcome: Partial<VisitOutcome> = {},
  conclusions: Partial<Omit<VisitRecord, 'outcome'>> = {},
): VisitRecord {
  return {
    outcome: {
      ...silentVisit(
        { key: createVisitKey(at, random.bytes(10)), contact: makeContact(n), direction: 'outbound', startedAt: at },
        1_000,
      ),
      ...outcome,
    },
    network: null,
    forkId: outcome.status?.forkId ?? outcome.enr?.eth ?? null,
    forkSource: outcome.status?.forkId ? 'status' : outcome.enr?.eth ? 'enr' : null,
    forkClass: null,
    client: null,
    headAt: null,
    synced: null,
    blocks: [],
    dueAt: at + 3_600_000,
    failures: 1,
    ...conclusions,
  };
}

export const makePong = { rttMs: 12, enrSeq: 1n, ourIp: '192.0.2.1', ourUdp: 30_303, clockSkewMs: null } as const;

/** A complete visit to a geth on `network`. */
export function makeFullVisit(
  n: number,
  at: number,
  network: string | null = 'mainnet',
  client = 'Geth/v1.16.4-stable/linux-amd64/go1.24.0',
  forkId = { hash: Uint8Array.of(0x07, 0xc9, 0x46, 0x2e), next: 0n },
): VisitRecord {
  const [name = 'unknown', version = ''] = client.split('/');
  return makeVisit(
    n,
    at,
    {
      stage: 'status',
      code: 'ok',
      pong: makePong,
      hello: {
        p2pVersion: 5,
        clientName: client,
        capabilities: [
          { name: 'eth', version: 69 },
          { name: 'snap', version: 1 },
        ],
        shortened: false,
        listenPort: 0,
      },
      status: {
        ethVersion: 69,
        networkId: 1n,
        genesisHash: new Uint8Array(32).fill(0xd4),
        forkId,
        headHash: new Uint8Array(32).fill(0xaa),
        headNumber: 24_000_000n,
        earliestNumber: 0n,
        totalDifficulty: null,
      },
    },
    {
      network: { slug: network, ambiguous: false, source: 'status' },
      forkClass: 'current',
      client: {
        raw: client,
        name: name.toLowerCase(),
        version: /\d+\.\d+\.\d+/.exec(version)?.[0] ?? null,
        os: 'linux',
        arch: 'amd64',
        language: 'go1.24.0',
      },
      failures: 0,
    },
  );
}
