import { displayText } from '../../lib/displayText.ts';
import type { Cut } from '../contract/common.ts';
import type { ForkRow } from '../queries/selectNetworks.ts';
import { toHex } from './toHex.ts';

/** Longest label, in characters. */
const maxLabel = 120;

export interface NamedKey {
  readonly key: string;
  readonly label: string;
}

export const otherKey: NamedKey = { key: 'other', label: 'other' };

/** True for nodes without a value for the cut. */
export function isUntold(key: readonly string[]): boolean {
  return key.length > 0 && key.every((part) => part === '');
}

/** A stored key in the form of the contract. `forks` are the schedules that give names to fork hashes. */
export function nameKey(cut: Cut, key: readonly string[], forks: readonly ForkRow[]): NamedKey {
  if (cut === 'total') return { key: 'all', label: 'all' };
  if (isUntold(key)) return { key: '', label: 'unknown' };
  return { key: key.map((part) => displayText(part, maxLabel)).join('/'), label: labelOf(cut, key, forks) };
}

function labelOf(cut: Cut, key: readonly string[], forks: readonly ForkRow[]): string {
  const [first = '', second = '', third = ''] = key.map((part) => displayText(part, maxLabel));
  switch (cut) {
    case 'fork_id':
      return forkLabel(first, second, forks);
    case 'client':
      return first === 'unknown' ? 'unreadable' : first;
    case 'client_version':
      return `${first} ${second === '' ? '(no version)' : second}`;
    case 'client_fork':
      return `${first === '' ? 'unknown' : first}${second === '' ? '' : ` ${second}`}, ${third === '' ? 'no fork ID' : third}`;
    case 'identity':
      return second === '' ? first : `${first} ${second}`;
    default:
      return first;
  }
}

/** `07c9462e (BPO2)`; also gives `next` if it differs from the schedule. */
function forkLabel(hash: string, next: string, forks: readonly ForkRow[]): string {
  const known = forks.filter((fork) => toHex(fork.hash) === hash);
  const [fork] = known;
  if (fork === undefined) return next === '0' ? hash : `${hash} → ${next}`;
  const names = new Set(known.map(({ name }) => name));
  const name = names.size === 1 ? fork.name : 'several networks';
  const asScheduled = known.some((scheduled) => String(scheduled.next) === next);
  return `${hash} (${name})${asScheduled ? '' : ` → ${next === '0' ? 'none' : nextName(next, fork, forks)}`}`;
}

function nextName(next: string, { network }: ForkRow, forks: readonly ForkRow[]): string {
  const fork = forks.find((other) => other.network === network && String(other.activation) === next);
  return fork === undefined || fork.kind === 'genesis' ? next : fork.name;
}
