/** Decoders of what peers send. Signed and sealed things are signed and sealed anew around what was changed inside. */
import { decodeHeader } from '../../p2p/wire/blockHeader.ts';
import { concatBytes, hexToBytes } from '../../p2p/wire/bytes.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4, readDiscv4 } from '../../p2p/wire/discv4.ts';
import { decodeDiscv5Message, encodeDiscv5Message } from '../../p2p/wire/discv5Message.ts';
import { createDiscv5Reader } from '../../p2p/wire/discv5Packet.ts';
import { decryptEcies, encryptEcies } from '../../p2p/wire/ecies.ts';
import { decodeEnr, readEnr, signEnr } from '../../p2p/wire/enr.ts';
import { readEnrEntries } from '../../p2p/wire/enrEntries.ts';
import {
  decodeBlockHeaders,
  decodeBlockRangeUpdate,
  decodeGetBlockHeaders,
  encodeBlockHeaders,
  encodeBlockRangeUpdate,
  encodeGetBlockHeaders,
} from '../../p2p/wire/ethMessages.ts';
import { decodeStatus, type EthStatus, encodeStatus, ethVersions } from '../../p2p/wire/ethStatus.ts';
import { decodeDisconnect, decodeHello, encodeHello } from '../../p2p/wire/hello.ts';
import { KeccakState, keccak256, keccak256Of } from '../../p2p/wire/keccak.ts';
import { decodeRlp, encodeRlp } from '../../p2p/wire/rlp.ts';
import { FrameReader, FrameWriter } from '../../p2p/wire/rlpxFrame.ts';
import { readAck, readAuth, type SessionSecrets } from '../../p2p/wire/rlpxHandshake.ts';
import { joinMessage, splitMessage } from '../../p2p/wire/rlpxMessage.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { compressBlock, uncompressBlock } from '../../p2p/wire/snappyBlock.ts';
import { createDiscv5Mutator } from '../../testkit/mutateDiscv5.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { readVectors } from '../../testkit/readVectors.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import type { FuzzTarget } from './fuzzTarget.ts';
import { type Mutator, mutateBytes, mutateRlp } from './mutators.ts';

const key = new Uint8Array(32).fill(0x11);
const vectors = readTestdata('p2p/wire/testdata/eip8.json');
const headers = readTestdata('p2p/wire/testdata/headers.json');
const discv5 = readVectors('p2p/wire/testdata/discv5.txt');
const of = (name: string): Uint8Array => hexToBytes(vectors[name]);
const headerBytes = [hexToBytes(headers.mainnetGenesis.rlp), hexToBytes(headers.mainnetBlock1.rlp)];

export function wireTargets(curve: Curve): FuzzTarget[] {
  return [
    { name: 'rlp', samples: [...headerBytes, of('hello')], mutate: mutateRlp, decode: (bytes) => decodeRlp(bytes) },
    ...discv4Targets(curve),
    ...discv5Targets(curve),
    ...enrTargets(curve),
    ...handshakeTargets(curve),
    frames,
    ...messageTargets(curve),
  ];
}

function discv4Targets(curve: Curve): FuzzTarget[] {
  const id = curve.publicKey(key);
  const endpoint = { ip: '192.0.2.7', udp: 30_303, tcp: 30_303 };
  const hash = new Uint8Array(32).fill(7);
  const expiration = 4_000_000_000n;
  const contact = { ...endpoint, id };
  const record = signEnr(curve, key, { seq: 9n, pairs: { ip: Uint8Array.of(192, 0, 2, 7), udp: 30_303 } }).bytes;
  const packets: Discv4Packet[] = [
    { kind: 'ping', version: 4, from: endpoint, to: endpoint, expiration, enrSeq: 3n },
    { kind: 'pong', to: endpoint, pingHash: hash, expiration, enrSeq: null },
    { kind: 'findnode', target: id, expiration },
    { kind: 'neighbors', nodes: [contact, { ...contact, ip: '2001:db8::1' }], expiration },
    { kind: 'enrRequest', expiration },
    { kind: 'enrResponse', requestHash: hash, record },
  ];
  const samples = packets.map((packet) => encodeDiscv4(curve, key, packet).bytes);
  // Behind hash and signature, both made anew.
  const inside: Mutator = (sample, random) => {
    if (random.below(4) === 0) return mutateBytes(sample, random);
    const type = random.below(8) === 0 ? random.below(256) : (sample[97] ?? 1);
    return concatBytes(Uint8Array.of(type), mutateRlp(sample.subarray(98), random)).subarray(0, 2_000);
  };
  const withHash = (sample: Uint8Array, body: Uint8Array): Uint8Array => {
    if (body.length === sample.length) return body;
    const signature = sample.subarray(32, 97);
    return concatBytes(keccak256Of(signature, body), signature, body);
  };
  const hashed: Mutator = (sample, random) => withHash(sample, inside(sample, random));
  const signed: Mutator = (sample, random) => {
    const body = inside(sample, random);
    const signature = curve.sign(keccak256(body), key);
    return concatBytes(keccak256Of(signature, body), signature, body);
  };
  return [
    { name: 'discv4', samples, mutate: hashed, decode: readDiscv4 },
    { name: 'discv4Signed', samples, mutate: signed, decode: (bytes) => decodeDiscv4(curve, bytes) },
  ];
}

function discv5Targets(curve: Curve): FuzzTarget[] {
  const requestId = Uint8Array.of(0, 0, 0, 1);
  const record = signEnr(curve, key, { seq: 9n, pairs: { udp: 30_303 } }).bytes;
  const ownHash = hexToBytes('bbbb9d047f0488c0b5a93c1c3f2d8bafc7c8ff337024a55434a0d0555de64db9');
  return [
    {
      name: 'discv5',
      samples: ['ping', 'whoareyou', 'handshake', 'handshakeWithRecord'].map((name) => hexToBytes(discv5(name))),
      mutate: createDiscv5Mutator(ownHash),
      decode: createDiscv5Reader(ownHash),
    },
    {
      name: 'discv5Message',
      samples: [
        encodeDiscv5Message({ kind: 'ping', requestId, enrSeq: 9n }),
        encodeDiscv5Message({ kind: 'pong', requestId, enrSeq: 1n, ip: '127.0.0.1', udp: 5000 }),
        encodeDiscv5Message({ kind: 'findnode', requestId, distances: [256, 255, 254] }),
        encodeDiscv5Message({ kind: 'nodes', requestId, total: 3, records: [record, record] }),
      ],
      mutate: (sample, random) => concatBytes(sample.subarray(0, 1), mutateRlp(sample.subarray(1), random)),
      decode: decodeDiscv5Message,
    },
  ];
}

function enrTargets(curve: Curve): FuzzTarget[] {
  const pairs = {
    ip: Uint8Array.of(192, 0, 2, 7),
    ip6: hexToBytes('20010db8000000000000000000000001'),
    udp: 30_303,
    tcp: 30_303,
    eth: [[hexToBytes('07c9462e'), 0]],
  };
  const consensus = {
    eth2: hexToBytes('8c9f62fe06000000ffffffffffffffff'),
    attnets: new Uint8Array(8).fill(3),
    syncnets: Uint8Array.of(5),
    cgc: 4,
    nfd: new Uint8Array(4),
    quic: 9_001,
    client: ['Lighthouse', '7.0.0'],
  };
  const relatives = { opstack: hexToBytes('b3940500'), opel: pairs.eth, opera: pairs.eth, bsc: [], snap: [], les: [1] };
  const sign = (seq: bigint, of: Parameters<typeof signEnr>[2]['pairs']) =>
    signEnr(curve, key, { seq, pairs: of }).bytes;
  const signed: Mutator = (sample, random) => {
    const list = decodeRlp(sample);
    if (random.below(4) === 0 || list instanceof Uint8Array) return mutateRlp(sample, random);
    const content = decodeRlpList(mutateRlp(encodeRlp(list.slice(1)), random));
    const signature = curve.sign(keccak256(encodeRlp(content)), key).subarray(0, 64);
    return encodeRlp([signature, ...content]);
  };
  return [
    {
      name: 'enr',
      samples: [sign(1n, pairs), sign(77n, {})],
      mutate: signed,
      decode: (bytes) => readEnr(decodeEnr(curve, bytes)),
    },
    {
      name: 'enrEntries',
      samples: [sign(1n, pairs), sign(2n, consensus), sign(3n, relatives)],
      mutate: signed,
      decode: (bytes) => readEnrEntries(decodeEnr(curve, bytes)),
    },
  ];
}

function decodeRlpList(bytes: Uint8Array) {
  try {
    const item = decodeRlp(bytes);
    return item instanceof Uint8Array ? [item] : item;
  } catch {
    return [bytes];
  }
}

function handshakeTargets(curve: Curve): FuzzTarget[] {
  const seals = seededRandom(1);
  const sealed =
    (to: Uint8Array): Mutator =>
    (sample, random) => {
      if (random.below(4) === 0) return mutateBytes(sample, random);
      const body = mutateRlp(decryptEcies(curve, to, sample.subarray(2), sample.subarray(0, 2)), random).subarray(
        0,
        1_900,
      );
      const prefix = Uint8Array.of((body.length + 113) >> 8, (body.length + 113) & 0xff);
      const chance = { ephemeralKey: key, iv: seals.bytes(16) };
      return concatBytes(prefix, encryptEcies(curve, curve.publicKey(to), body, prefix, chance));
    };
  const [keyA, keyB] = [of('staticKeyA'), of('staticKeyB')];
  const auth = (bytes: Uint8Array) => readAuth(curve, keyB, bytes);
  const ack = (bytes: Uint8Array) => readAck(curve, keyA, bytes);
  return [
    { name: 'authPlain', samples: [of('auth1Plain')], mutate: mutateBytes, decode: auth },
    { name: 'auth', samples: [of('auth2'), of('auth3Version56')], mutate: sealed(keyB), decode: auth },
    { name: 'ackPlain', samples: [of('ack1Plain')], mutate: mutateBytes, decode: ack },
    { name: 'ack', samples: [of('ack2'), of('ack3Version57')], mutate: sealed(keyA), decode: ack },
  ];
}

/** Secrets of both ends: what one sends the other receives. */
function secrets(): SessionSecrets {
  return {
    aes: keccak256(Uint8Array.of(1)),
    mac: keccak256(Uint8Array.of(2)),
    egressMac: new KeccakState().update(Uint8Array.of(3)),
    ingressMac: new KeccakState().update(Uint8Array.of(3)),
  };
}

function streamOf(bodies: readonly Uint8Array[]): Uint8Array {
  const writer = new FrameWriter(secrets());
  return concatBytes(...bodies.map((body) => writer.write(body)));
}

const frames: FuzzTarget = {
  name: 'frames',
  samples: [
    streamOf([of('hello').subarray(0, 40), new Uint8Array(300), joinMessage(16, headerBytes[0] ?? of('hello'), true)]),
  ],
  // Half of them with sums that are right.
  mutate: (sample, random) =>
    random.below(2) === 0
      ? mutateBytes(sample, random)
      : streamOf([mutateRlp(headerBytes[0] ?? sample, random), joinMessage(random.below(40), random.bytes(60), true)]),
  decode(bytes) {
    const reader = new FrameReader(secrets(), 65_536);
    reader.push(bytes);
    for (let frame = reader.next(); frame !== null; frame = reader.next()) splitMessage(frame);
  },
};

function messageTargets(curve: Curve): FuzzTarget[] {
  const capabilities = [68, 69].map((version) => ({ name: 'eth', version }));
  const hello = {
    p2pVersion: 5,
    clientName: new TextEncoder().encode('Geth/v1.17.5-stable/linux-amd64/go1.26'),
    capabilities,
    listenPort: 30_303,
    nodeId: curve.publicKey(key),
  };
  const status: EthStatus = {
    protocolVersion: 68,
    networkId: 1n,
    totalDifficulty: 17_179_869_184n,
    genesisHash: hexToBytes(headers.mainnetGenesis.hash),
    headHash: hexToBytes(headers.mainnetBlock1.hash),
    forkId: { hash: hexToBytes('07c9462e'), next: 0xffff_ffff_ffff_ffffn },
    blockRange: { earliest: 0n, latest: 1n },
  };
  const request = { start: 17n, amount: 2, skip: 0, reverse: false };
  const rlp = { mutate: mutateRlp };
  return [
    { ...rlp, name: 'hello', samples: [encodeHello(hello), of('hello')], decode: decodeHello },
    { ...rlp, name: 'disconnect', samples: [Uint8Array.of(0xc1, 4), Uint8Array.of(4)], decode: decodeDisconnect },
    ...ethVersions.map((version) => ({
      ...rlp,
      name: `status${version}`,
      samples: [encodeStatus({ ...status, protocolVersion: version }, version)],
      decode: (bytes: Uint8Array) => decodeStatus(bytes, version),
    })),
    { ...rlp, name: 'header', samples: headerBytes, decode: decodeHeader },
    ...([64, 66, 69] as const).flatMap((version) => [
      {
        ...rlp,
        name: `headers${version}`,
        samples: [encodeBlockHeaders(headerBytes, 1n, version)],
        decode: (bytes: Uint8Array) => decodeBlockHeaders(bytes, version).headers.map(decodeHeader),
      },
      {
        ...rlp,
        name: `headersAsked${version}`,
        samples: [encodeGetBlockHeaders(request, 5n, version)],
        decode: (bytes: Uint8Array) => decodeGetBlockHeaders(bytes, version),
      },
    ]),
    {
      ...rlp,
      name: 'range',
      samples: [encodeBlockRangeUpdate({ earliest: 1n, latest: 9n, latestHash: new Uint8Array(32) })],
      decode: decodeBlockRangeUpdate,
    },
    {
      name: 'snappy',
      samples: [compressBlock(headerBytes[0] ?? key), compressBlock(new Uint8Array(5_000))],
      mutate: mutateBytes,
      decode: (bytes) => uncompressBlock(bytes, 1 << 20),
    },
  ];
}
