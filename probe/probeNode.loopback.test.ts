import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CauseCode } from '../chains/diagnose/causes.ts';
import type { ExpectedChain } from '../chains/diagnose/evidence.ts';
import { pumpDatagrams } from '../p2p/net/pumpDatagrams.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { systemSockets } from '../p2p/net/systemSockets.ts';
import { connectSystemUdp } from '../p2p/net/systemUdpLine.ts';
import type { Clock } from '../p2p/ports.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { encodeDisconnect } from '../p2p/wire/hello.ts';
import { formatEnode } from '../p2p/wire/nodeEndpoint.ts';
import { createTestNode } from '../testkit/discv4TestNode.ts';
import type { FakeEthPeerConfig } from '../testkit/fakeEthPeer.ts';
import { seededRandom } from '../testkit/seededRandom.ts';
import { curve, peer, status, theirKey } from '../testkit/sessionHarness.ts';
import { type ProbePlan, type ProbeResult, probeNode } from './probeNode.ts';

/** Time passes four times as fast, so that silence costs less; the wall clock is right. */
const began = Date.now();
const hasty: Clock = {
  ...systemClock,
  now: () => began + 4 * (Date.now() - began),
  wall: systemClock.now,
  after: (ms, act) => systemClock.after(ms / 4, act),
};
const id = curve.publicKey(theirKey);
const expected: ExpectedChain = {
  name: 'the chain',
  networkId: status.networkId,
  genesisHash: bytesToHex(status.genesisHash),
  forkIds: [{ hash: '07c9462e', next: status.forkId?.next ?? 0n }],
};

interface Peer {
  /** What listens by UDP, and how far its clock is ahead. */
  readonly udp: { readonly at: 'none' | 'silent' } | { readonly at: 'node'; readonly aheadMs?: number };
  /** What listens by TCP. */
  readonly tcp:
    | { readonly at: 'none' | 'frozen' | 'closesAtOnce' | 'closesAfterAck' }
    | { readonly at: 'node'; readonly config?: Partial<FakeEthPeerConfig> };
}

/** Starts a peer, has it probed, and ends it. */
async function probe(
  { udp, tcp }: Peer,
  change: { readonly id?: Uint8Array | null } & Partial<ProbePlan> = {},
): Promise<ProbeResult> {
  const ends: (() => unknown)[] = [];
  try {
    return await probePeer({ udp, tcp }, change, (end) => ends.unshift(end));
  } finally {
    for (const end of ends) await end();
  }
}

async function probePeer(
  { udp, tcp }: Peer,
  change: { readonly id?: Uint8Array | null } & Partial<ProbePlan>,
  defer: (end: () => unknown) => void,
): Promise<ProbeResult> {
  const server = await systemSockets.listenTcp({
    ip: '127.0.0.1',
    port: 0,
    accept: (stream) => {
      defer(() => stream.destroy());
      if (tcp.at === 'frozen' || tcp.at === 'none') return;
      if (tcp.at === 'closesAtOnce') return stream.destroy();
      const other = peer(tcp.at === 'node' ? tcp.config : { silentFrom: 'hello' });
      stream.read({
        bytes: (chunk) => {
          for (const reply of other.receive(chunk)) stream.write(reply);
          if (tcp.at === 'closesAfterAck' && other.connection.keyed) stream.end(10);
          if (other.hasRefused) stream.end(10);
        },
        ended: () => stream.destroy(),
      });
    },
  });
  const { port } = server.local;
  if (tcp.at === 'none') await server.close();
  else defer(() => server.close());
  if (udp.at === 'silent') {
    const socket = await systemSockets.bindUdp({ ip: '127.0.0.1', port, maxBytes: 2_048, receive: () => {} });
    defer(() => socket.close());
  } else if (udp.at === 'node') {
    const { node } = createTestNode({ privateKey: theirKey });
    const clock = { ...systemClock, now: () => Date.now() + (udp.aheadMs ?? 0) };
    const pump = await pumpDatagrams({ node, clock, sockets: systemSockets, bind: [{ ip: '127.0.0.1', port }] });
    defer(() => pump.close());
  }
  const asked = change.id === undefined ? id : change.id;
  const text = asked === null ? `127.0.0.1:${port}` : formatEnode({ id: asked, ip: '127.0.0.1', udp: port, tcp: port });
  const world = {
    clock: hasty,
    random: seededRandom(port),
    curve,
    names: { lookUp: async () => ({ at: 'unknown' }) as const },
    connectUdp: connectSystemUdp,
    sockets: systemSockets,
  };
  const plan = { text, expected, clientName: 'test', ethVersions: null, stayMs: 50, ...change };
  return probeNode(plan, world, { found: () => {}, dialling: () => {} }, new AbortController().signal);
}

const otherKey = curve.publicKey(new Uint8Array(32).fill(0x33));
const honest = { at: 'node' } as const;
const none = { at: 'none' } as const;
const refuses = (reason: number): Peer['tcp'] => ({
  at: 'node',
  config: { insteadOfHello: [{ code: 1, body: encodeDisconnect(reason) }] },
});
const speaks = (change: Partial<typeof status>): Peer['tcp'] => ({
  at: 'node',
  config: { status: { ...status, ...change } },
});
const zeros = new Uint8Array(32);

const peers: Readonly<Record<string, { peer: Peer; id?: Uint8Array | null; causes: readonly CauseCode[] }>> = {
  'all right': { peer: { udp: honest, tcp: honest }, causes: [] },
  'all right, without a key': { peer: { udp: honest, tcp: honest }, id: null, causes: [] },
  'wrong genesis': { peer: { udp: honest, tcp: speaks({ genesisHash: zeros }) }, causes: ['genesisDiffers'] },
  'wrong network id': { peer: { udp: honest, tcp: speaks({ networkId: 78n }) }, causes: ['networkIdDiffers'] },
  'one fork more to come': {
    peer: { udp: honest, tcp: speaks({ forkId: { hash: status.forkId?.hash ?? zeros, next: 9n } }) },
    causes: [],
  },
  'another chain of forks': {
    peer: { udp: honest, tcp: speaks({ forkId: { hash: zeros.subarray(0, 4), next: 0n } }) },
    causes: ['forkConfigUnknown'],
  },
  'wrong key': { peer: { udp: honest, tcp: { at: 'closesAtOnce' } }, id: otherKey, causes: ['keyDiffers'] },
  'nothing listens': { peer: { udp: none, tcp: none }, causes: ['processDown'] },
  'no discovery': { peer: { udp: none, tcp: honest }, causes: ['discoveryOff'] },
  'UDP filtered': { peer: { udp: { at: 'silent' }, tcp: honest }, causes: ['udpFiltered'] },
  'no TCP': { peer: { udp: honest, tcp: none }, causes: ['tcpNotListening'] },
  permissioned: { peer: { udp: honest, tcp: { at: 'closesAfterAck' } }, causes: ['notPermitted'] },
  'Raft, no member': { peer: { udp: none, tcp: { at: 'closesAfterAck' } }, causes: ['raftNotMember', 'notPermitted'] },
  full: { peer: { udp: honest, tcp: refuses(4) }, causes: ['full'] },
  'no shared version': {
    peer: { udp: honest, tcp: { at: 'node', config: { capabilities: [{ name: 'snap', version: 1 }] } } },
    causes: ['noSharedCapability'],
  },
  frozen: { peer: { udp: { at: 'silent' }, tcp: { at: 'frozen' } }, causes: ['frozen'] },
  'our clock behind': { peer: { udp: { at: 'node', aheadMs: 60_000 }, tcp: honest }, causes: ['clockBehind'] },
  'our clock at 1970': {
    peer: { udp: { at: 'node', aheadMs: 57 * 365 * 86_400_000 }, tcp: honest },
    causes: ['clockBehind'],
  },
  'our clock ahead': { peer: { udp: { at: 'node', aheadMs: -60_000 }, tcp: honest }, causes: ['clockAhead'] },
};

test('a peer that is out of order in one way is told by that way', { concurrency: true }, async (t) => {
  await Promise.all(
    Object.entries(peers).map(([name, one]) =>
      t.test(name, async () => {
        const result = await probe(one.peer, one.id === undefined ? {} : { id: one.id });
        const codes = result.diagnosis.causes.map(({ code }) => code);
        assert.deepEqual(
          codes,
          one.causes,
          JSON.stringify(result.evidence, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
        );
      }),
    ),
  );
});

test('a PONG by another key names the node that is there', async () => {
  const { enode, evidence } = await probe({ udp: honest, tcp: { at: 'closesAtOnce' } }, { id: otherKey });
  assert.ok(enode?.startsWith(`enode://${bytesToHex(id)}@127.0.0.1:`));
  assert.equal(evidence.discv4.at === 'answered' && evidence.discv4.keyIs, 'other');
  assert.equal(evidence.enr.at, 'read');
});

test('an address that means the prober itself is named before anything is sent', async () => {
  for (const host of ['[::]', '0.0.0.0', '[::ffff:0.0.0.0]']) {
    const text = `enode://${bytesToHex(id)}@${host}:30303`;
    const { diagnosis, ip } = await probe({ udp: none, tcp: none }, { text });
    assert.deepEqual([diagnosis.causes.map(({ code }) => code), ip], [['addressUnspecified'], null]);
  }
});

test('what cannot be read as a node is a finding', async () => {
  const codes = async (text: string) =>
    (await probe({ udp: none, tcp: none }, { text })).diagnosis.causes.map(({ code }) => code);
  assert.deepEqual(await codes('enode://abc@127.0.0.1:30303'), ['urlUnusable']);
  assert.deepEqual(await codes(bytesToHex(id)), ['urlUnusable']);
  assert.deepEqual(await codes('enr:-Iu4Q'), ['urlUnusable']);
  assert.deepEqual(await codes('no-such-host.invalid:30303'), ['nameUnknown']);
});
