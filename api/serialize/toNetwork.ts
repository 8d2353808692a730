import type { z } from 'zod';
import { toIso, toSeconds } from '../../lib/time.ts';
import type { forkSchema, Network } from '../contract/networks.ts';
import type { FirstBlockRow } from '../queries/selectForkFacts.ts';
import type { ForkRow, NetworkRow } from '../queries/selectNetworks.ts';
import { toHex } from './toHex.ts';

type Fork = z.infer<typeof forkSchema>;

/** What is known about a network in addition to its file. */
export interface NetworkMoment {
  readonly now: number;
  /** Head number; null if unknown. */
  readonly head: bigint | null;
  readonly firstBlocks: readonly FirstBlockRow[];
  readonly fileIsOlder: boolean;
}

/** A network with its schedule, `schedule` being the rows of its own forks in order of activation. */
export function toNetwork(row: NetworkRow, schedule: readonly ForkRow[], moment: NetworkMoment): Network {
  const genesis = schedule.find((fork) => fork.kind === 'genesis');
  return {
    slug: row.slug,
    name: row.name,
    networkId: String(row.networkId),
    genesisHash: `0x${toHex(row.genesisHash)}`,
    watched: row.place !== null,
    genesisForkHash: genesis === undefined ? '0x' : `0x${toHex(genesis.hash)}`,
    forks: toForks(schedule, moment),
    ended: row.ended,
    fileIsOlder: moment.fileIsOlder,
  };
}

function toForks(schedule: readonly ForkRow[], { now, head, firstBlocks }: NetworkMoment): Fork[] {
  const seconds = toSeconds(now);
  const isPast = (fork: ForkRow) =>
    fork.kind === 'time'
      ? fork.activation <= seconds
      : (head !== null && fork.activation <= head) || firstBlocks.some(({ block }) => block >= fork.activation);
  // A schedule is in order: forks before a fork that has activated have activated too.
  const lastPast = schedule.findLastIndex(isPast);
  return schedule.flatMap((fork, index) => {
    if (fork.kind === 'genesis') return [];
    const activated = index <= lastPast ? true : fork.kind === 'time' || head !== null ? false : null;
    const first = firstBlocks.find(({ activation }) => activation === fork.activation);
    const firstBlock = fork.kind === 'block' ? fork.activation : (first?.block ?? null);
    return [
      {
        name: fork.name,
        kind: fork.kind,
        at: String(fork.activation),
        hash: `0x${toHex(fork.hash)}`,
        activated,
        firstBlock: firstBlock === null ? null : String(firstBlock),
        firstBlockAt: toIso(first?.time ?? null),
      },
    ];
  });
}
