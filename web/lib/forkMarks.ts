import type { Network } from '../../api/contract/networks.ts';
import type { ChartMark } from '../charts/timeSeries.ts';

/** Activations whose time is known. Block heights have none that we could draw. */
export function forkMarks(network: Network | null): ChartMark[] {
  return (network?.forks ?? [])
    .filter((fork) => fork.kind === 'time')
    .map((fork) => ({ at: Number(fork.at) * 1_000, label: fork.name }));
}
