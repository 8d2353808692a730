/**
 * Each row is what was measured on the wire of real GoQuorum v24.4.1 nodes, misconfigured one way each (Clique, chain id 77,
 * berlinBlock 3; the genesis hashes are shortened there, and are filled up with zeros here).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CauseCode, causes } from './causes.ts';
import { clientAdvice } from './clientAdvice.ts';
import { diagnose } from './diagnose.ts';
import type { Discv4Evidence, Evidence, ExpectedChain } from './evidence.ts';

const key = 'aa'.repeat(64);
const genesis = '805f'.padEnd(64, '0');
const otherGenesis = '2fd6'.padEnd(64, '0');
const qbftGenesis = '0ce1'.padEnd(64, '0');
const chain: ExpectedChain = {
  name: 'clique-77',
  networkId: 77n,
  genesisHash: genesis,
  forkIds: [
    { hash: '1c8d398e', next: 3n },
    { hash: '805f843f', next: 0n },
  ],
};
const skipped = { at: 'skipped' } as const;
const rightFork = { hash: '805f843f', next: 0n };
const pong: Discv4Evidence = {
  at: 'answered',
  key,
  keyIs: 'asked',
  rttMs: 41,
  to: 'usual',
  skewMs: null,
  pinged: true,
};
const gone = { hello: skipped, status: skipped, stays: skipped, head: skipped } as const;
const noTcp = { ...gone, enr: skipped, rlpx: skipped } as const;
const hello = {
  at: 'read',
  client: 'Geth/v1.10.3-stable/linux-amd64/go1.26.8',
  capabilities: ['eth/65', 'eth/66', 'snap/1'],
  sharedEth: 66,
  ms: 386,
} as const;
const status = { at: 'read', networkId: 77n, genesisHash: genesis, forkId: rightFork, ms: 451 } as const;

/** Row 0: all right. */
const baseline: Evidence = {
  url: { at: 'read', form: 'enode', scope: 'private', udp: 30303, tcp: 30303, raftPort: null },
  dns: { at: 'notNeeded' },
  discv4: pong,
  discv5: { at: 'silent' },
  enr: { at: 'read', seq: 1n, forkId: rightFork, endpoint: '10.99.0.11:30303', narrower: null },
  tcp: { at: 'open', ms: 5 },
  rlpx: { at: 'acked', ms: 183 },
  hello,
  status,
  stays: { at: 'stayed', ms: 6_000 },
  head: { at: 'read', number: 327n, ageMs: 4_000 },
  expected: chain,
};
const leaves = (ms: number) => ({ at: 'disconnected', reason: 0x10, ms }) as const;

const rows: Readonly<
  Record<string, { seen: Partial<Evidence>; causes: readonly CauseCode[]; also?: readonly CauseCode[] }>
> = {
  '0 all right': { seen: {}, causes: [] },
  '1 wrong genesis': {
    seen: {
      enr: { at: 'read', seq: 1n, forkId: { hash: 'f0520b88', next: 0n }, endpoint: null, narrower: null },
      status: { ...status, genesisHash: otherGenesis, forkId: { hash: 'f0520b88', next: 0n } },
      stays: leaves(384),
    },
    causes: ['genesisDiffers'],
  },
  '2 wrong network id': {
    seen: { status: { ...status, networkId: 78n }, stays: leaves(145) },
    causes: ['networkIdDiffers'],
  },
  '3 stale fork configuration': {
    seen: {
      enr: { at: 'read', seq: 1n, forkId: { hash: '1c8d398e', next: 0n }, endpoint: null, narrower: null },
      status: { ...status, forkId: { hash: '1c8d398e', next: 0n } },
      stays: leaves(519),
    },
    causes: ['forkConfigStale'],
  },
  '3b our own fork id is stale': { seen: { stays: leaves(374) }, causes: ['ownForkIdRejected'] },
  '4 wrong key in the enode': {
    seen: {
      ...gone,
      discv4: { ...pong, key: 'bb'.repeat(64), keyIs: 'other' },
      enr: skipped,
      rlpx: { at: 'closed', ms: 44 },
    },
    causes: ['keyDiffers'],
  },
  '5 process down': {
    seen: { ...noTcp, discv4: { at: 'refused' }, discv5: { at: 'refused' }, tcp: { at: 'refused' } },
    causes: ['processDown'],
  },
  '6 [::] in the enode': {
    seen: {
      ...noTcp,
      url: { at: 'read', form: 'enode', scope: 'unspecified', udp: 30303, tcp: 30303, raftPort: null },
      discv4: skipped,
      discv5: skipped,
      tcp: skipped,
    },
    causes: ['addressUnspecified'],
  },
  '7 --nodiscover': { seen: { discv4: { at: 'refused' }, enr: skipped }, causes: ['discoveryOff'] },
  '8 UDP filtered': {
    seen: { discv4: { at: 'silent', waitedMs: 1_850, farToo: true }, enr: skipped },
    causes: ['udpFiltered'],
  },
  '9 TCP filtered': { seen: { ...noTcp, enr: baseline.enr, tcp: { at: 'timedOut' } }, causes: ['tcpFiltered'] },
  '10 permissioned, not listed': { seen: { ...gone, hello: { at: 'closed', ms: 168 } }, causes: ['notPermitted'] },
  '11 Raft, no member': {
    seen: {
      ...gone,
      discv4: { at: 'refused' },
      enr: skipped,
      rlpx: { at: 'acked', ms: 95 },
      hello: { at: 'closed', ms: 184 },
    },
    causes: ['raftNotMember', 'notPermitted'],
    also: ['discoveryOff'],
  },
  '12 too many peers': {
    seen: { ...gone, hello: { at: 'disconnected', reason: 4, ms: 171 } },
    causes: ['full'],
  },
  '13 no shared capability': {
    seen: {
      hello: { ...hello, capabilities: ['eth/68', 'eth/69'], sharedEth: null },
      status: skipped,
      stays: skipped,
      head: skipped,
    },
    causes: ['noSharedCapability'],
  },
  '14 process frozen': {
    seen: { ...gone, discv4: { at: 'silent', waitedMs: 1_850, farToo: true }, enr: skipped, rlpx: { at: 'silent' } },
    causes: ['frozen'],
  },
  '15 no such host': {
    seen: { ...noTcp, discv4: { at: 'silent', waitedMs: 1_850, farToo: true }, tcp: { at: 'unreachable' } },
    causes: ['hostAbsent'],
  },
  '16 our clock 60 s behind': { seen: { discv4: { ...pong, to: 'far', skewMs: 60_000 } }, causes: ['clockBehind'] },
  '17 our clock 60 s ahead': { seen: { discv4: { ...pong, skewMs: -60_000 } }, causes: ['clockAhead'] },
  '18 QBFT validator of another chain': {
    seen: {
      discv4: { at: 'refused' },
      enr: skipped,
      hello: { ...hello, capabilities: ['eth/65', 'eth/66', 'istanbul/64', 'istanbul/99', 'istanbul/100', 'snap/1'] },
      status: { ...status, genesisHash: qbftGenesis, networkId: 10n },
      stays: leaves(339),
    },
    causes: ['genesisDiffers'],
    also: ['discoveryOff'],
  },
  '19 a list has another key than the running node': {
    seen: {
      ...gone,
      discv4: { ...pong, key: 'cc'.repeat(64), keyIs: 'other' },
      enr: skipped,
      rlpx: { at: 'closed', ms: 44 },
    },
    causes: ['keyDiffers'],
  },
};

for (const [name, row] of Object.entries(rows)) {
  test(`names exactly what fits: ${name}`, () => {
    const diagnosis = diagnose({ ...baseline, ...row.seen });
    assert.deepEqual(
      diagnosis.causes.map(({ code }) => code),
      row.causes,
    );
    assert.deepEqual(
      diagnosis.also.map(({ code }) => code),
      row.also ?? [],
    );
    for (const { evidence } of [...diagnosis.causes, ...diagnosis.also]) assert.ok(evidence.length > 0);
  });
}

test('0x10 without a Status or without a chain to compare with has four causes', () => {
  const four = ['genesisDiffers', 'networkIdDiffers', 'forkConfigStale', 'ownForkIdRejected'];
  const codes = (seen: Partial<Evidence>) => diagnose({ ...baseline, ...seen }).causes.map(({ code }) => code);
  assert.deepEqual(codes({ expected: null, stays: leaves(300) }), four);
  assert.deepEqual(codes({ ...gone, hello, status: leaves(300) }), four);
  assert.deepEqual(codes({ expected: null }), []);
});

test('its record tells of a wrong chain where the session does not get so far', () => {
  const full = { ...gone, hello: { at: 'disconnected', reason: 4, ms: 171 } } as const;
  const record = (hash: string, next: bigint) =>
    ({ at: 'read', seq: 1n, forkId: { hash, next }, endpoint: null, narrower: null }) as const;
  const also = (seen: Partial<Evidence>) => diagnose({ ...baseline, ...full, ...seen }).also.map(({ code }) => code);
  assert.deepEqual(also({ enr: record('1c8d398e', 0n) }), ['forkConfigStale']);
  assert.deepEqual(also({ enr: record('f0520b88', 0n) }), ['genesisDiffers', 'forkConfigUnknown']);
  // Forks still to come are compatible (EIP-2124).
  assert.deepEqual(also({ enr: record('805f843f', 90n) }), []);
  assert.deepEqual(also({ enr: record('1c8d398e', 3n) }), []);
});

test('what speaks against a cause keeps it from being named', () => {
  const codes = (seen: Partial<Evidence>) => diagnose({ ...baseline, ...seen }).causes.map(({ code }) => code);
  const silent = { at: 'silent', waitedMs: 1_850, farToo: true } as const;
  // Without discovery nothing tells a wrong key from addresses that are shut out: both close before they answer.
  const refused = { at: 'refused' } as const;
  assert.deepEqual(codes({ ...gone, discv4: refused, enr: skipped, rlpx: { at: 'closed', ms: 44 } }), [
    'keyDiffers',
    'netRestricted',
  ]);
  // A PONG by the right key: the key in the URL is right.
  assert.deepEqual(codes({ ...gone, rlpx: { at: 'closed', ms: 9 } }), ['netRestricted', 'otherAtTcp']);
  assert.deepEqual(codes({ ...noTcp, tcp: { at: 'refused' } }), ['tcpNotListening']);
  assert.deepEqual(codes({ ...gone, rlpx: { at: 'silent' } }), ['otherAtTcp']);
  assert.deepEqual(codes({ ...noTcp, discv4: silent, tcp: { at: 'timedOut' } }), ['hostAbsent', 'allFiltered']);
  // Whoever says no by name is not silent because of its clock or its firewall alone.
  assert.deepEqual(codes({ discv4: { ...silent, farToo: false }, enr: skipped }), ['udpFiltered', 'clockBehind']);
  // Only addresses on the internet are held back after a dial.
  const url = { at: 'read', form: 'enode', scope: 'public', udp: 1, tcp: 1, raftPort: null } as const;
  assert.deepEqual(codes({ ...gone, url, rlpx: { at: 'closed', ms: 9 } }), [
    'netRestricted',
    'throttled',
    'otherAtTcp',
  ]);
});

test('what answers by discv5 alone is neither filtered nor absent', () => {
  const silentV4 = { at: 'silent', waitedMs: 1_850, farToo: true } as const;
  const judge = (seen: Partial<Evidence>) => {
    const v5 = { discv4: silentV4, discv5: { at: 'knocked', rttMs: 9 }, enr: skipped } as const;
    const { causes: found, also } = diagnose({ ...baseline, ...v5, ...seen });
    return [found, also].map((some) => some.map(({ code }) => code));
  };
  assert.deepEqual(judge({}), [[], []]);
  assert.deepEqual(judge({ ...noTcp, tcp: { at: 'timedOut' } }), [['tcpFiltered'], []]);
  assert.deepEqual(judge({ ...noTcp, tcp: { at: 'refused' } }), [['tcpNotListening'], []]);
  assert.deepEqual(judge({ ...noTcp, tcp: { at: 'unreachable' } }), [['tcpFiltered'], []]);
  assert.deepEqual(judge({ ...gone, rlpx: { at: 'silent' } }), [['otherAtTcp'], []]);
  // Only who takes itself for the node of this ID can read the knock; that is less than a signature, and enough.
  assert.deepEqual(judge({ ...gone, rlpx: { at: 'closed', ms: 9 } }), [['netRestricted', 'otherAtTcp'], []]);
  assert.deepEqual(judge({ ...gone, hello: { at: 'closed', ms: 9 } }), [['notPermitted'], []]);
  // A signature by another key says more than a knock.
  const other = { ...pong, key: 'bb'.repeat(64), keyIs: 'other' } as const;
  assert.deepEqual(judge({ ...gone, discv4: other, rlpx: { at: 'closed', ms: 9 } }), [['keyDiffers'], []]);
});

test('one fork more than the chain has is compatible by EIP-2124, so a node that stays has nothing in its way', () => {
  const ahead = { hash: '805f843f', next: 90n };
  const codes = (seen: Partial<Evidence>) => {
    const { causes: found, also } = diagnose({ ...baseline, ...seen });
    return [...found, ...also].map(({ code }) => code);
  };
  assert.deepEqual(codes({ status: { ...status, forkId: ahead } }), []);
  assert.deepEqual(codes({ status: { ...status, forkId: ahead }, stays: leaves(300) }), ['forkConfigUnknown']);
  const enr = { at: 'read', seq: 1n, forkId: ahead, endpoint: null, narrower: null } as const;
  assert.deepEqual(codes({ ...gone, enr }), []);
});

test('a node without a key in its URL is asked with the key that answered, so no key differs', () => {
  const codes = (seen: Partial<Evidence>) => diagnose({ ...baseline, ...seen }).causes.map(({ code }) => code);
  const unasked = { ...pong, keyIs: 'unasked' } as const;
  assert.deepEqual(codes({ ...gone, discv4: unasked, rlpx: { at: 'closed', ms: 9 } }), ['netRestricted', 'otherAtTcp']);
});

test('a record whose address leads others astray is told of besides, and is no cause: discv4 does without it', () => {
  const enr = { at: 'read', seq: 1n, forkId: rightFork, endpoint: '127.0.0.1', narrower: '127.0.0.1' } as const;
  const codes = (seen: Partial<Evidence>) => {
    const { causes: found, also } = diagnose({ ...baseline, enr, ...seen });
    return [found, also].map((some) => some.map(({ code }) => code));
  };
  assert.deepEqual(codes({}), [[], ['recordMisleads']]);
  assert.deepEqual(codes({ ...noTcp, enr, tcp: { at: 'refused' } }), [['tcpNotListening'], ['recordMisleads']]);
});

test('settings are named as the clients have them today', () => {
  const { ports, discovery, networkId, permission } = clientAdvice;
  assert.match(ports.erigon, /--port .*before 3\.5 also --p2p\.allowed-ports/);
  assert.match(discovery.erigon, /--discovery\.v4=true/);
  assert.match(`${ports.reth}${discovery.reth}`, /--discovery\.v5\.port.*--discovery\.v5\.port/);
  assert.match(discovery.besu, /--discovery-mode=/);
  assert.match(discovery.nethermind, /--Discovery\.DiscoveryVersion/);
  assert.match(networkId.reth, /--network-id/);
  assert.match(networkId.geth, /\(1 in versions before/);
  assert.match(permission.besu, /--permissions-nodes-config-file-enabled/);
});

test('each cause says what to do', () => {
  for (const cause of Object.values(causes)) {
    assert.match(cause.title, /^[A-Z]/);
    assert.match(cause.remedy, /\.$/);
  }
});
