import type { Network } from '../../api/contract/networks.ts';
import type { Translate } from '../i18n/translate.ts';
import { type ForkKey, parseForkKey } from './forkKey.ts';

/** A fork ID in words: `BPO2`, `BPO1 → BPO2` (its next fork named), `? → 1234`. */
export function forkWords(fork: ForkKey, t: Translate): string {
  const name = fork.position === 0 ? t('fork.genesis') : (fork.name ?? t('fork.unknownHash'));
  return fork.next === '0' ? name : `${name} → ${fork.nextName ?? fork.next}`;
}

/** The same with its hash, for legends, so that no two fork IDs look alike. */
export function forkLabel(key: string, label: string, network: Network | null, t: Translate): string {
  const fork = parseForkKey(key, network);
  if (fork === null) return label;
  return network === null ? label : `${forkWords(fork, t)} · ${fork.hash}`;
}

/** Neighbours in the schedule get neighbouring colours; the shift gives mainnet's latest forks the calmest ones. */
const colourShift = 6;

export function forkSlot(network: Network | null): (key: string) => number | null {
  return (key) => {
    const position = parseForkKey(key, network)?.position ?? null;
    return position === null ? null : position + colourShift;
  };
}
