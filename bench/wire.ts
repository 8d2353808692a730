import { type Discv4Packet, decodeDiscv4, encodeDiscv4, readDiscv4 } from '../p2p/wire/discv4.ts';
import { decodeEnr, ethEntry, signEnr } from '../p2p/wire/enr.ts';
import { KeccakState, keccak256 } from '../p2p/wire/keccak.ts';
import { type Curve, type CurveBackend, chooseCurve, curveBackends } from '../p2p/wire/secp256k1.ts';
import { machine, rate } from './machine.ts';

const key = new Uint8Array(32).fill(7);
const expiration = 1_800_000_000n;
const endpoint = { ip: '198.51.100.7', udp: 30303, tcp: 30303 };

/**
 * Calls a second on one core: curve operations and whole discv4 packets for every backend, and of what needs no curve.
 * `words[0]`: ms a measurement, 300 unless told.
 */
export async function run(words: readonly string[]): Promise<object> {
  const ms = Number(words[0] ?? 300);
  const backends: Partial<Record<CurveBackend, object>> = {};
  for (const backend of curveBackends) {
    try {
      backends[backend] = measureBackend(await chooseCurve(backend), ms);
    } catch (error) {
      backends[backend] = { unavailable: String(error) };
    }
  }
  return { bench: 'wire', unit: 'calls per second', machine: machine(), backends, plain: await measurePlain(ms) };
}

function packets(curve: Curve): Record<string, Discv4Packet> {
  const id = curve.publicKey(key);
  const nodes = Array.from({ length: 12 }, () => ({ ...endpoint, id }));
  return {
    ping: { kind: 'ping', version: 4, from: endpoint, to: endpoint, expiration, enrSeq: 1n },
    findnode: { kind: 'findnode', target: id, expiration },
    neighbors: { kind: 'neighbors', nodes, expiration },
  };
}

function record(curve: Curve): Uint8Array {
  const pairs = {
    ip: Uint8Array.of(198, 51, 100, 7),
    udp: 30303,
    eth: ethEntry({ hash: new Uint8Array(4).fill(9), next: 0n }),
  };
  return signEnr(curve, key, { seq: 1n, pairs }).bytes;
}

function measureBackend(curve: Curve, ms: number): object {
  const digest = new Uint8Array(32).fill(3);
  const signature = curve.sign(digest, key);
  const id = curve.publicKey(key);
  const enr = record(curve);
  const encode: Record<string, number> = {};
  const decode: Record<string, number> = {};
  for (const [kind, packet] of Object.entries(packets(curve))) {
    const { bytes } = encodeDiscv4(curve, key, packet);
    encode[kind] = rate(() => encodeDiscv4(curve, key, packet), ms);
    decode[kind] = rate(() => decodeDiscv4(curve, bytes), ms);
  }
  return {
    sign: rate(() => curve.sign(digest, key), ms),
    recover: rate(() => curve.recover(digest, signature), ms),
    verify: rate(() => curve.verify(digest, signature.subarray(0, 64), id), ms),
    ecdh: rate(() => curve.ecdhX(key, id), ms),
    encode,
    decode: { ...decode, enr: rate(() => decodeEnr(curve, enr), ms) },
  };
}

async function measurePlain(ms: number): Promise<object> {
  const curve = await chooseCurve();
  const read: Record<string, number> = {};
  for (const [kind, packet] of Object.entries(packets(curve))) {
    const { bytes } = encodeDiscv4(curve, key, packet);
    read[kind] = rate(() => readDiscv4(bytes), ms);
  }
  const small = new Uint8Array(128).fill(1);
  const large = new Uint8Array(1024).fill(1);
  const state = new KeccakState();
  const block = new Uint8Array(32);
  return {
    readWithoutCurve: read,
    keccak128: rate(() => keccak256(small), ms),
    keccak1024: rate(() => keccak256(large), ms),
    keccakMacStep: rate(() => state.updateAndDigest(block), ms),
  };
}
