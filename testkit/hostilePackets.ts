/** The lies that hostile peers tell over UDP, one of each kind. Each is an answer to our PING, or no answer. */

import { toSeconds } from '../lib/time.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import { concatBytes } from '../p2p/wire/bytes.ts';
import { encodeDiscv4, type ReadPacket } from '../p2p/wire/discv4.ts';
import { keccak256Of } from '../p2p/wire/keccak.ts';
import { idHash } from '../p2p/wire/nodeEndpoint.ts';
import { encodeRlp } from '../p2p/wire/rlp.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';

export const udpLies = ['wrongHash', 'expired', 'wrongKey', 'wrongToken', 'oversized', 'nested', 'silence'] as const;
export type UdpLie = (typeof udpLies)[number];

export interface Liar {
  readonly privateKey: Uint8Array;
  readonly otherKey: Uint8Array;
}

/** What a liar sends back to a PING; null = nothing. `now` in ms. */
export function lieAboutPing(
  curve: Curve,
  lie: UdpLie,
  liar: Liar,
  ping: ReadPacket,
  from: SocketAddress,
  now: number,
): Uint8Array | null {
  const honest = (over: { pingHash?: Uint8Array; expiration?: bigint; key?: Uint8Array } = {}): Uint8Array =>
    encodeDiscv4(curve, over.key ?? liar.privateKey, {
      kind: 'pong',
      to: { ip: from.ip, udp: from.port, tcp: 0 },
      pingHash: over.pingHash ?? ping.hash,
      expiration: over.expiration ?? toSeconds(now) + 20n,
      enrSeq: null,
    }).bytes;
  switch (lie) {
    case 'wrongHash': {
      const bytes = honest();
      bytes[0] = (bytes[0] ?? 0) ^ 0xff;
      return bytes;
    }
    case 'expired':
      // A wrapped negative time: one that a slow clock would produce counts as fresh, as an answer to our PING.
      return honest({ expiration: (1n << 64n) - 60n });
    case 'wrongKey':
      return honest({ key: liar.otherKey });
    case 'wrongToken':
      return honest({ pingHash: idHash(ping.hash) });
    case 'oversized':
      return concatBytes(honest(), new Uint8Array(8_000));
    case 'nested':
      return sign(curve, liar.privateKey, 2, nestedLists(1_900));
    case 'silence':
      return null;
  }
}

/** `count` nested lists, headers only: enough to overflow a recursive reader's stack. */
export function nestedLists(bytes: number): Uint8Array {
  let nest: Uint8Array = Uint8Array.of(0xc0);
  const layers: Uint8Array[] = [nest];
  let size = 1;
  while (size < bytes) {
    const header = listHeader(size);
    layers.push(header);
    size += header.length;
  }
  nest = concatBytes(...layers.reverse());
  return nest;
}

function listHeader(size: number): Uint8Array {
  if (size < 56) return Uint8Array.of(0xc0 + size);
  if (size < 256) return Uint8Array.of(0xf8, size);
  if (size < 65_536) return Uint8Array.of(0xf9, size >> 8, size & 0xff);
  return Uint8Array.of(0xfa, size >> 16, (size >> 8) & 0xff, size & 0xff);
}

/** A packet with a valid hash and signature around arbitrary bytes. */
function sign(curve: Curve, privateKey: Uint8Array, type: number, payload: Uint8Array): Uint8Array {
  const data = concatBytes(Uint8Array.of(type), payload);
  const signature = curve.sign(keccak256Of(data), privateKey);
  return concatBytes(keccak256Of(signature, data), signature, data);
}

/** NEIGHBORS that name nodes that do not exist: fresh keys each time. */
export function forgedNeighbours(
  curve: Curve,
  liar: Liar,
  randomId: () => Uint8Array,
  ip: () => string,
  now: number,
): Uint8Array {
  return encodeDiscv4(curve, liar.privateKey, {
    kind: 'neighbors',
    nodes: Array.from({ length: 12 }, () => ({ id: randomId(), ip: ip(), udp: 30_303, tcp: 30_303 })),
    expiration: toSeconds(now) + 20n,
  }).bytes;
}

/** A snappy block that declares 16 MB and holds a few bytes. */
export const snappyBomb: Uint8Array = concatBytes(Uint8Array.of(0xff, 0xff, 0xff, 0x07), encodeRlp('bomb'));
