import type { HeaderWant, RlpxOutcome } from '../p2p/protocol/rlpxOutcome.ts';
import { RlpxSession, type RlpxSessionOutput } from '../p2p/protocol/rlpxSession.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../p2p/wire/bytes.ts';
import { ethVersions } from '../p2p/wire/ethStatus.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import { seededRandom } from './seededRandom.ts';

/**
 * One recorded session with a real peer. Our side is fully determined by its inputs, so feeding it `received` again
 * must give `sent` again, byte for byte.
 */
export interface SessionTranscript {
  readonly peer: string;
  readonly direction: 'outbound' | 'inbound';
  readonly ethVersion: number;
  readonly seed: number;
  /** Hex. */
  readonly privateKey: string;
  readonly remoteId: string;
  readonly clientName: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** What was received, and how many ms after the start. */
  readonly received: readonly { readonly atMs: number; readonly hex: string }[];
  readonly sent: string;
}

/** Asked in each recorded session: the block at 0 and the one after it, and the peer's own head. */
export const transcriptWants: readonly HeaderWant[] = [{ by: 'number', number: 0n, amount: 2 }, { by: 'head' }];

type Inputs = Omit<SessionTranscript, 'peer' | 'received' | 'sent'>;

/** Our side of a transcript, new. */
export function transcriptSession(curve: Curve, inputs: Inputs): RlpxSession {
  const version = ethVersions.find((known) => known === inputs.ethVersion);
  if (version === undefined) throw new RangeError(`eth/${inputs.ethVersion}`);
  return new RlpxSession(
    {
      curve,
      random: seededRandom(inputs.seed),
      privateKey: hexToBytes(inputs.privateKey),
      role:
        inputs.direction === 'outbound'
          ? { at: 'initiator', remoteId: hexToBytes(inputs.remoteId) }
          : { at: 'responder' },
      clientName: inputs.clientName,
      listenPort: 0,
      headers: transcriptWants,
      ethVersions: [version],
    },
    inputs.startedAt,
  );
}

/** Feeds a transcript to our machine again. */
export function replayTranscript(curve: Curve, transcript: SessionTranscript): { sent: string; outcome: RlpxOutcome } {
  const session = transcriptSession(curve, transcript);
  const outputs: RlpxSessionOutput[] = [...session.start()];
  let now = transcript.startedAt;
  for (const { atMs, hex } of transcript.received) {
    now = transcript.startedAt + atMs;
    outputs.push(...session.receive(hexToBytes(hex), now));
  }
  const sent = outputs.flatMap((output) => ('send' in output ? [output.send] : []));
  return { sent: bytesToHex(concatBytes(...sent)), outcome: session.outcome(now) };
}
