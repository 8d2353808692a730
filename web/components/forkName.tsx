import { useApp } from '../lib/appContext.ts';
import { parseForkKey } from '../lib/forkKey.ts';
import { forkWords } from '../lib/forkNames.ts';
import { Link } from './link.tsx';

/** A fork ID: its name from the schedule, and its hash as a link to the nodes that announce it. */
export function ForkName({ forkKey, label }: { readonly forkKey: string; readonly label: string }) {
  const { t, network } = useApp();
  const fork = parseForkKey(forkKey, network);
  if (fork === null) return <>{label}</>;
  return (
    <span class="fork-name">
      <span>{network === null ? label.replace(/^\S+\s*/, '').replace(/^\(|\)$/g, '') : forkWords(fork, t)}</span>
      <Link to={{ at: 'nodes' }} more={{ forkHash: fork.hash }} class="mono">
        {fork.hash}
      </Link>
    </span>
  );
}
