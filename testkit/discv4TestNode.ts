import { fail } from 'node:assert/strict';
import { type AddressPolicy, createAddressPolicy } from '../crawler/crawl/addressPolicy.ts';
import { parseCidr } from '../lib/ipAddress.ts';
import { Discv4Node, type Discv4NodeOptions } from '../p2p/protocol/discv4Node.ts';
import { privateDiscv4Limits } from '../p2p/protocol/discv4Types.ts';
import { signEnr } from '../p2p/wire/enr.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { seededRandom } from './seededRandom.ts';

export const testCurve = await chooseCurve();

/** Public addresses, and these ranges besides. */
export function allowing(...ranges: readonly string[]): AddressPolicy {
  return createAddressPolicy(ranges.map((range) => parseCidr(range) ?? fail(`not a range: ${range}`)));
}

/** Each node has its own seed, small enough that a test's own, taken from the clock, never makes the same key. */
let serial = 1;

/** A discv4 node on loopback that does nothing by itself. */
export function createTestNode(options: Partial<Discv4NodeOptions> = {}): { node: Discv4Node; privateKey: Uint8Array } {
  const curve = options.curve ?? testCurve;
  const random = options.random ?? seededRandom(serial++);
  const privateKey = options.privateKey ?? random.bytes(32);
  const enr = signEnr(curve, privateKey, {
    seq: 1n,
    pairs: { ip: Uint8Array.of(127, 0, 0, 9), udp: 30303, tcp: 30303 },
  });
  const node = new Discv4Node({
    curve,
    privateKey,
    enr,
    addressPolicy: allowing('127.0.0.0/8', '::1'),
    random,
    limits: { ...privateDiscv4Limits, revalidateMs: null, refreshMs: null },
    ...options,
  });
  return { node, privateKey };
}
