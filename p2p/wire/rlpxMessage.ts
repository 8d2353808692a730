import { concatBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { asUint } from './reader.ts';
import { decodeRlpPrefix, encodeRlp } from './rlp.ts';
import { compressBlock } from './snappyBlock.ts';

/** A message as a frame carries it. `body` is compressed after Hello when both sides speak p2p version 5. */
export interface RlpxMessage {
  readonly code: number;
  readonly body: Uint8Array;
}

/** From this p2p version on every message but Hello is compressed (EIP-706). */
export const snappyP2pVersion = 5;

/**
 * Splits the data of a frame into code and body. Spec: rlpx.md, "Message Encoding".
 * @throws WireError messageCode and those of RLP
 */
export function splitMessage(frameData: Uint8Array): RlpxMessage {
  // The code is one small integer; a list here is hostile and need not be read.
  if ((frameData[0] ?? 0) >= 0xc0) throw new WireError({ code: 'rlpKind', want: 'bytes' });
  const { item, rest } = decodeRlpPrefix(frameData);
  // Descendants of cpp-ethereum send code 0 as the byte 00 instead of 80.
  return { code: asUint(item, { maxBytes: 4, leadingZeros: true }), body: rest };
}

/** The frame data of a message; `snappy` compresses the payload. */
export function joinMessage(code: number, payload: Uint8Array, snappy: boolean): Uint8Array {
  return concatBytes(encodeRlp(code), snappy ? compressBlock(payload) : payload);
}
