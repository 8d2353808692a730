import { type DiscoveryProtocol, discoveryProtocols } from '../../lib/discoveryProtocols.ts';

/** Whether a node answered by each; null = it was not asked by it. */
export type ProtocolAnswers = Readonly<Record<DiscoveryProtocol, boolean | null>>;

export const notAsked: ProtocolAnswers = { discv4: null, discv5: null };

/** By which protocols a node is asked: first by all of `first` at once, and by all of `otherwise` where it answered none of them. */
export interface AskOrder {
  readonly first: readonly DiscoveryProtocol[];
  readonly otherwise: readonly DiscoveryProtocol[];
}

/**
 * What is remembered of a node: by what it answered when it was asked last, by what it was silent although it was there,
 * and by what others named it. A small number, because there are a million of them.
 */
export type SpokenBits = number;
const answeredBit: Readonly<Record<DiscoveryProtocol, number>> = { discv4: 1, discv5: 2 };
const silentBit: Readonly<Record<DiscoveryProtocol, number>> = { discv4: 4, discv5: 8 };
const namedBit: Readonly<Record<DiscoveryProtocol, number>> = { discv4: 16, discv5: 32 };

/** A node that speaks one protocol is asked by the other one at every so many of its visits. */
const everyVisits = 6;

/** By all that are on, where it is not known that the node speaks one of them alone. Pure. */
export function askOrder(
  spoken: SpokenBits,
  visits: number,
  on: readonly DiscoveryProtocol[] = discoveryProtocols,
): AskOrder {
  const spoke = on.filter((one) => (spoken & answeredBit[one]) > 0);
  const mute = on.filter((one) => (spoken & silentBit[one]) > 0);
  if (spoke.length === 0 || mute.length === 0 || visits % everyVisits === 0) return { first: on, otherwise: [] };
  return { first: on.filter((one) => !mute.includes(one)), otherwise: mute };
}

/** It is not mute by this protocol after all. Pure. */
export function heardBy(spoken: SpokenBits, by: DiscoveryProtocol): SpokenBits {
  return spoken & ~silentBit[by];
}

/** Somebody named it by this protocol. Pure. */
export function namedBy(spoken: SpokenBits, by: DiscoveryProtocol): SpokenBits {
  return spoken | namedBit[by];
}

/** What is known after a visit. One in which it was silent by all says nothing of what it speaks. Pure. */
export function spokenAfter(spoken: SpokenBits, answers: ProtocolAnswers): SpokenBits {
  if (answers.discv4 !== true && answers.discv5 !== true) return spoken;
  let known = spoken;
  for (const one of discoveryProtocols) {
    if (answers[one] === true) known = (known | answeredBit[one]) & ~silentBit[one];
    if (answers[one] === false) known = (known | silentBit[one]) & ~answeredBit[one];
  }
  return known;
}
