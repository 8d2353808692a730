import type { Network } from '../../api/contract/networks.ts';
import type { ChartMark } from './timeSeries.ts';

/** Activations with a known time: from the schedule or, for a fork by block, from its header. */
export function forkMarks(network: Network | null): ChartMark[] {
  return (network?.forks ?? []).flatMap(({ kind, at, name, firstBlockAt }) => {
    if (kind === 'time') return { at: Number(at) * 1_000, label: name };
    return firstBlockAt === null ? [] : { at: Date.parse(firstBlockAt), label: name };
  });
}
