import { WireError } from './errors.ts';
import { asBytes, asList, asUint } from './reader.ts';
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts';
import { uncompressBlock } from './snappyBlock.ts';

/** Message codes of the base protocol; capabilities begin at `firstCapabilityCode`. Spec: rlpx.md, "p2p Capability". */
export const p2pCodes = { hello: 0x00, disconnect: 0x01, ping: 0x02, pong: 0x03 } as const;
export const firstCapabilityCode = 0x10;

export interface Capability {
  readonly name: string;
  readonly version: number;
}

/** Hello (0x00). */
export interface Hello {
  readonly p2pVersion: number;
  /** As received: any bytes, supposed to be UTF-8; at most 1 KiB of them. */
  readonly clientName: Uint8Array;
  /** At most 64, eth among them whatever its place in the list. */
  readonly capabilities: readonly Capability[];
  /** More of either came than is kept. */
  readonly shortened: boolean;
  /** Legacy and often wrong; never a port to dial on its own. */
  readonly listenPort: number;
  /** Public key, 64 bytes. */
  readonly nodeId: Uint8Array;
}

/** Room for a name and a list that are both longer than what is kept; geth takes 2 KiB. */
export const maxHelloBytes = 2_560;
const maxClientNameBytes = 1024;
/** The most seen in the wild is about 12. */
const maxCapabilities = 64;
/** The spec says 8; `wit`, `istanbul` and longer ones exist. */
const maxCapabilityNameBytes = 32;

/**
 * Decodes the payload of a Hello, which is never compressed. Additional elements are ignored (EIP-8); a capability
 * whose name is not 1 to 32 printable ASCII characters is left out; a long name or list is shortened.
 * @throws WireError messageSize, messageField and those of RLP
 */
export function decodeHello(payload: Uint8Array): Hello {
  if (payload.length > maxHelloBytes) {
    throw new WireError({ code: 'messageSize', limit: maxHelloBytes, got: payload.length });
  }
  const [p2pVersion, clientName, capabilities, listenPort, nodeId] = asList(decodeRlp(payload), {
    min: 5,
    extra: 'ignore',
  });
  const name = asBytes(clientName);
  const offers = asList(capabilities, { min: 0, extra: 'ignore' }).flatMap(readCapability);
  return {
    p2pVersion: asUint(p2pVersion, { maxBytes: 6, leadingZeros: true }),
    clientName: name.length > maxClientNameBytes ? name.slice(0, characterStart(name, maxClientNameBytes)) : name,
    capabilities: offers.length > maxCapabilities ? ethFirst(offers).slice(0, maxCapabilities) : offers,
    shortened: name.length > maxClientNameBytes || offers.length > maxCapabilities,
    listenPort: asUint(listenPort, { maxBytes: 6, leadingZeros: true }),
    nodeId: asBytes(nodeId, { length: 64 }),
  };
}

/** The last place up to `end` at which UTF-8 text can be cut. */
function characterStart(text: Uint8Array, end: number): number {
  for (let at = end; at > end - 4; at--) if (((text[at] ?? 0) & 0xc0) !== 0x80) return at;
  return end;
}

function ethFirst(offers: readonly Capability[]): Capability[] {
  const isEth = ({ name }: Capability): boolean => name === 'eth';
  return [...offers.filter(isEth), ...offers.filter((offer) => !isEth(offer))];
}

function readCapability(item: RlpItem): readonly Capability[] {
  const [nameItem, versionItem] = asList(item, { min: 2, extra: 'ignore' });
  const name = asBytes(nameItem);
  const version = asUint(versionItem, { maxBytes: 4, leadingZeros: true });
  const printable = name.length > 0 && name.length <= maxCapabilityNameBytes && name.every((b) => b > 0x20 && b < 0x7f);
  return printable ? [{ name: String.fromCharCode(...name), version }] : [];
}

/** The payload of a Hello. */
export function encodeHello(hello: Omit<Hello, 'shortened'>): Uint8Array {
  return encodeRlp([
    hello.p2pVersion,
    hello.clientName,
    hello.capabilities.map(({ name, version }) => [name, version]),
    hello.listenPort,
    hello.nodeId,
  ]);
}

/** The payload of Ping and of Pong: an empty list. */
export const emptyPayload: Uint8Array = encodeRlp([]);

/** Disconnect reasons by number, in the words of the spec (rlpx.md, "Disconnect"). */
export const disconnectReasons: Readonly<Record<number, string>> = {
  0: 'Disconnect requested',
  1: 'TCP sub-system error',
  2: 'Breach of protocol',
  3: 'Useless peer',
  4: 'Too many peers',
  5: 'Already connected',
  6: 'Incompatible P2P protocol version',
  7: 'Null node identity received',
  8: 'Client quitting',
  9: 'Unexpected identity in handshake',
  10: 'Identity is the same as this node',
  11: 'Ping timeout',
  16: 'Some other reason specific to a subprotocol',
};

/** Numbers of the reasons that we send or react to. */
export const disconnectCodes = {
  requested: 0x00,
  breach: 0x02,
  uselessPeer: 0x03,
  tooManyPeers: 0x04,
  quitting: 0x08,
  unexpectedIdentity: 0x09,
} as const;

/** The payload of a Disconnect, before compression: a list with the reason. */
export function encodeDisconnect(reason: number): Uint8Array {
  return encodeRlp([reason]);
}

/**
 * The reason of a Disconnect, from the body of the message as it came: the spec's list, a bare byte, a string that
 * wraps a list, non-canonical integers, an empty list or nothing (both mean 0), each plain or compressed, before
 * or after Hello. null = unreadable. Never throws: after a goodbye there is nothing left to judge.
 */
export function decodeDisconnect(body: Uint8Array): number | null {
  // No encoding is ambiguous: a compressed body begins with its length, and no plain form over 1 byte begins below 0x80.
  return disconnectReason(body, 0) ?? compressedReason(body);
}

function compressedReason(body: Uint8Array): number | null {
  try {
    return disconnectReason(uncompressBlock(body, 64), 0);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function disconnectReason(bytes: Uint8Array, depth: number): number | null {
  const first = bytes[0];
  if (first === undefined) return 0;
  if (depth > 3) return null;
  if (first < 0x80) return bytes.length === 1 || depth > 0 ? first : null;
  const isList = first >= 0xc0;
  const length = first - (isList ? 0xc0 : 0x80);
  if (length > 55 || bytes.length < 1 + length || (depth === 0 && bytes.length > 1 + length)) return null;
  const content = bytes.subarray(1, 1 + length);
  if (!isList && length === 1) return content[0] ?? null;
  if (!isList && length > 1 && (content[0] ?? 0) < 0xc0) return null;
  return disconnectReason(content, depth + 1);
}
