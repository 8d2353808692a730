import { ForkscopeError } from '../../lib/errors.ts';

/**
 * Thrown by every decoder of `wire/` for bytes that break a rule, and by nothing else. A machine catches it once, where
 * the bytes come in, and turns it into a counted output.
 */
export class WireError extends ForkscopeError<WireErrorDetail> {}

export type WireErrorCode = WireErrorDetail['code'];

/** One variant per cause; the other fields hold the numbers. Sizes are in bytes. */
export type WireErrorDetail =
  // RLP
  | { code: 'rlpEmpty' }
  | { code: 'rlpTruncated'; need: number; got: number }
  | { code: 'rlpNonCanonical'; form: 'singleByte' | 'length' | 'lengthZeros' }
  | { code: 'rlpTrailing'; extra: number }
  | { code: 'rlpDepth'; limit: number }
  | { code: 'rlpItems'; limit: number }
  | { code: 'rlpKind'; want: 'bytes' | 'list' }
  | { code: 'rlpSize'; limit: number; got: number }
  | { code: 'rlpCount'; min: number; max?: number; got: number }
  | { code: 'rlpInteger'; problem: 'leadingZeros' | 'size' | 'unsafe' }
  // discovery packets
  | { code: 'packetSize'; limit: number; got: number }
  | { code: 'packetHash' }
  | { code: 'packetSignature' }
  | { code: 'packetType'; type: number }
  | { code: 'packetField'; field: string }
  | { code: 'packetSeal' }
  // node records
  | { code: 'enrSize'; limit: number; got: number }
  | { code: 'enrScheme' }
  | { code: 'enrSignature' }
  | { code: 'enrKeyOrder' }
  | { code: 'enrText' }
  | { code: 'enrKey'; key: string }
  | { code: 'enodeText' }
  // secp256k1
  | { code: 'curveKey' }
  | { code: 'curveSignature' }
  // RLPx handshake
  | { code: 'eciesMac' }
  | { code: 'eciesPoint' }
  | { code: 'eciesSize'; limit: number; got: number }
  // RLPx frames
  | { code: 'frameHeaderMac' }
  | { code: 'frameBodyMac' }
  | { code: 'frameSize'; limit: number; got: number }
  // snappy
  | { code: 'snappySize'; limit: number; got: number }
  | { code: 'snappyCorrupt' }
  // p2p and eth messages
  | { code: 'messageSize'; limit: number; got: number }
  | { code: 'messageCode'; got: number }
  | { code: 'messageField'; field: string };

/** All codes: the closed list for metric labels and database values. */
export const wireErrorCodes = [
  'rlpEmpty',
  'rlpTruncated',
  'rlpNonCanonical',
  'rlpTrailing',
  'rlpDepth',
  'rlpItems',
  'rlpKind',
  'rlpSize',
  'rlpCount',
  'rlpInteger',
  'packetSize',
  'packetHash',
  'packetSignature',
  'packetType',
  'packetField',
  'packetSeal',
  'enrSize',
  'enrScheme',
  'enrSignature',
  'enrKeyOrder',
  'enrText',
  'enrKey',
  'enodeText',
  'curveKey',
  'curveSignature',
  'eciesMac',
  'eciesPoint',
  'eciesSize',
  'frameHeaderMac',
  'frameBodyMac',
  'frameSize',
  'snappySize',
  'snappyCorrupt',
  'messageSize',
  'messageCode',
  'messageField',
] as const satisfies readonly WireErrorCode[];
