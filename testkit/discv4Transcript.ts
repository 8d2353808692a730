import { createAddressPolicy } from '../crawler/crawl/addressPolicy.ts';
import { parseCidr } from '../lib/ipAddress.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import { Discv4Node } from '../p2p/protocol/discv4Node.ts';
import { type Discv4Output, type Discv4Request, privateDiscv4Limits } from '../p2p/protocol/discv4Types.ts';
import { bytesToHex, hexToBytes } from '../p2p/wire/bytes.ts';
import { signEnr } from '../p2p/wire/enr.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import { seededRandom } from './seededRandom.ts';

/** What was done with a discv4 machine, in order; times in ms since the epoch. */
export type TranscriptCall =
  | { readonly call: 'request'; readonly at: number; readonly kind: 'ping' | 'enr' | 'findnode' }
  | { readonly call: 'receive'; readonly at: number; readonly ip: string; readonly port: number; readonly hex: string }
  | { readonly call: 'tick'; readonly at: number };

/** A conversation with a real node: our key and record, every call, and every datagram that the machine sent. */
export interface Discv4Transcript {
  readonly peer: string;
  readonly privateKey: string;
  readonly own: SocketAddress;
  readonly contact: { readonly id: string; readonly ip: string; readonly udp: number; readonly tcp: number };
  readonly calls: readonly TranscriptCall[];
  readonly sent: readonly string[];
}

/** Any target serves for a FINDNODE here. */
const target = new Uint8Array(64).fill(0x5a);

/** The machine of a transcript: the same each time. */
export function transcriptNode(curve: Curve, given: Pick<Discv4Transcript, 'privateKey' | 'own'>): Discv4Node {
  const privateKey = hexToBytes(given.privateKey);
  const { ip, port } = given.own;
  const pairs = { ip: Uint8Array.from(ip.split('.').map(Number)), udp: port, tcp: port };
  const range = parseCidr('127.0.0.0/8');
  if (range === null) throw new RangeError('not a range');
  return new Discv4Node({
    curve,
    privateKey,
    enr: signEnr(curve, privateKey, { seq: 1n, pairs }),
    addressPolicy: createAddressPolicy([range], false),
    random: seededRandom(1),
    limits: { ...privateDiscv4Limits, revalidateMs: null, refreshMs: null },
  });
}

export function transcriptContact({ contact }: Pick<Discv4Transcript, 'contact'>): NodeContact {
  return { ...contact, id: hexToBytes(contact.id) };
}

/** Replays one call of a transcript. */
export function applyCall(node: Discv4Node, contact: NodeContact, call: TranscriptCall): readonly Discv4Output[] {
  switch (call.call) {
    case 'request':
      return node.request(contact, requestOf(call.kind), call.at).outputs;
    case 'receive':
      return node.receive(hexToBytes(call.hex), fromOf(call), call.at);
    case 'tick':
      return node.tick(call.at);
  }
}

/** What the machine sent, as hex. */
export function sentOf(outputs: readonly Discv4Output[]): string[] {
  return outputs.flatMap((output) => ('send' in output ? [bytesToHex(output.send.bytes)] : []));
}

function requestOf(kind: 'ping' | 'enr' | 'findnode'): Discv4Request {
  return kind === 'findnode' ? { kind, target } : { kind };
}

function fromOf({ ip, port }: SocketAddress): SocketAddress {
  return { ip, port };
}
