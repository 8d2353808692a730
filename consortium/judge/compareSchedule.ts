import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { extendForkHash } from '../../p2p/wire/forkId.ts';
import type { ConfiguredFork, EthConfig } from '../ask/readEthConfig.ts';

/** A step of a network file's schedule. */
export interface ScheduleStep {
  /** Fork hash from then on, 8 lower-case hex digits. */
  readonly hash: string;
  readonly name: string;
}

/** A fork that a node is configured with and the network file lacks. */
export interface MissingFork extends ConfiguredFork {
  /** Fork hash before it. */
  readonly base: string;
}

/** How a node's own fork configuration fits the network file. */
export type ScheduleVerdict =
  | { readonly at: 'agrees' }
  /** The node knows forks that the file lacks; `unplaced` is the hash of its last fork where one between is unknown too. */
  | { readonly at: 'fileIsOlder'; readonly forks: readonly MissingFork[]; readonly unplaced: string | null }
  /** The file lists forks that the node does not know. */
  | { readonly at: 'nodeIsOlder'; readonly names: readonly string[] }
  /** The node's forks do not follow from the file's: one of them is wrong, or another chain's. */
  | { readonly at: 'differs'; readonly hashes: readonly string[] };

/**
 * Compares eth_config with the schedule of the network file.
 * @param steps in order of activation, genesis first
 */
export function compareSchedule(steps: readonly ScheduleStep[], config: EthConfig): ScheduleVerdict {
  const said = [config.current, config.next, config.last].filter((fork) => fork !== null);
  const known = new Set(steps.map(({ hash }) => hash));
  const forks: MissingFork[] = [];
  const strange: string[] = [];
  for (const fork of said) {
    if (known.has(fork.hash)) continue;
    const base = [...known].findLast((hash) => bytesToHex(extendForkHash(hexToBytes(hash), fork.at)) === fork.hash);
    if (base === undefined) strange.push(fork.hash);
    else {
      forks.push({ ...fork, base });
      known.add(fork.hash);
    }
  }
  const unplaced = config.last !== null && strange.join() === config.last.hash ? config.last.hash : null;
  if (unplaced !== null || (forks.length > 0 && strange.length === 0)) return { at: 'fileIsOlder', forks, unplaced };
  if (strange.length > 0) return { at: 'differs', hashes: strange };
  const newest = said.at(-1)?.hash;
  const names = steps.slice(steps.findIndex(({ hash }) => hash === newest) + 1).map(({ name }) => name);
  return names.length === 0 ? { at: 'agrees' } : { at: 'nodeIsOlder', names };
}
