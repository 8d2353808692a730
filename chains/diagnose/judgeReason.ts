import type { CauseCode } from './causes.ts';

export interface FoundCause {
  readonly code: CauseCode;
  /** What speaks for it, in plain words. */
  readonly evidence: readonly string[];
}

export function found(code: CauseCode, ...evidence: readonly string[]): FoundCause {
  return { code, evidence };
}

/** Reasons of a Disconnect (rlpx.md) that name their cause. */
const causeOfReason: Readonly<Record<number, CauseCode>> = {
  3: 'noSharedCapability',
  4: 'full',
  5: 'alreadyConnected',
  6: 'p2pVersion',
  9: 'keyDiffers',
  10: 'isSelf',
};

/** Why it says goodbye. 0x10 has four causes, which are told apart by its Status. */
export function judgeReason(reason: number | null, when: string, ms: number): FoundCause[] {
  const text = `Disconnect ${reason === null ? 'without a reason' : `0x${reason.toString(16).padStart(2, '0')}`} ${when}, ${Math.round(ms)} ms after the dial`;
  const code = reason === null ? undefined : causeOfReason[reason];
  if (code !== undefined) return [found(code, text)];
  if (reason !== 0x10) return [found('otherReason', text)];
  return [
    found('genesisDiffers', text),
    found('networkIdDiffers', text),
    found('forkConfigStale', text),
    found('ownForkIdRejected', text),
  ];
}
