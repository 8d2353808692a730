import type { HeightVerdict } from '../../chains/forks/chainSplit.ts';
import type { ForkSide } from '../../chains/forks/forkSides.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { sameForkHash } from '../../p2p/wire/forkId.ts';
import type { AnnouncedRow, FactRow } from './forkWatchQueries.ts';
import type { ForkWatchState } from './forkWatchState.ts';

/** Most nodes listed with a side: enough to investigate, not a list of the network. */
const maxNodes = 100;
const maxClients = 50;

interface Counted {
  readonly client: string | null;
  readonly version: string | null;
  readonly nodes: number;
}

/** Who is where: the `data` of an event of kind forkSplit. */
export function describeForkSides(sides: readonly ForkSide[], announced: readonly AnnouncedRow[]): string {
  return JSON.stringify({
    minority: second(sides.map(({ nodes }) => nodes)),
    voters: sides.reduce((sum, { nodes }) => sum + nodes, 0),
    sides: sides.map(({ hash, kind, fork, nodes, syncing, forkIds }) => ({
      hash: bytesToHex(hash),
      kind,
      fork: fork === null ? null : { ...fork, at: fork.at.toString() },
      nodes,
      syncing,
      clients: countClients(
        announced.filter(({ forkId }) =>
          forkIds.some((own) => own.next === forkId.next && sameForkHash(own.hash, forkId.hash)),
        ),
      ),
    })),
  });
}

/**
 * The `data` of an event of kind chainSplit: the sides at the lowest height at which they differ. `voterKind` tells what
 * its voters are.
 */
export function describeChainSides(
  { height, voters, sides, forgers }: HeightVerdict,
  facts: readonly FactRow[],
  { ancestor }: Pick<ForkWatchState, 'ancestor'>,
  voterKind: 'subnet' | 'id',
): string {
  const factOf = new Map(facts.filter((fact) => fact.height === height).map((fact) => [fact.node, fact]));
  return JSON.stringify({
    minority: second(sides.filter(({ counts }) => counts).map((side) => side.voters)),
    height: height.toString(),
    voters,
    voterKind,
    forgers: forgers.slice(0, maxNodes),
    sides: sides.slice(0, 20).map((side) => {
      const nodes = inOrder(side.nodes, factOf);
      return {
        hash: side.hash,
        counts: side.counts,
        voters: side.voters,
        nodes: nodes.length,
        nodeIds: nodes.slice(0, maxNodes),
        sources: side.sources,
        endpoints: nodes.flatMap((node) => factOf.get(node)?.endpoint ?? []).slice(0, maxNodes),
        clients: countClients(
          nodes.map((node) => ({
            client: factOf.get(node)?.client ?? null,
            version: factOf.get(node)?.version ?? null,
            nodes: 1,
          })),
        ),
      };
    }),
    ancestor:
      ancestor === null
        ? null
        : ancestor.at === 'found'
          ? { from: ancestor.ancestor.toString(), to: ancestor.ancestor.toString() }
          : { from: ancestor.agree.toString(), to: (ancestor.differ - 1n).toString() },
  });
}

/** The operator's own endpoints first, by name, then the others by ID: the same at every look, and none of the first cut off. */
function inOrder(nodes: readonly string[], factOf: ReadonlyMap<string, FactRow>): string[] {
  const places = nodes.map((node) => {
    const endpoint = factOf.get(node)?.endpoint ?? null;
    return { node, place: endpoint === null ? `1 ${node}` : `0 ${endpoint}` };
  });
  return places.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ node }) => node);
}

/** Size of the second largest side: how wide a split is. */
function second(sizes: readonly number[]): number {
  return [...sizes].sort((a, b) => b - a)[1] ?? 0;
}

function countClients(rows: readonly Counted[]): Counted[] {
  const byName = new Map<string, Counted>();
  for (const { client, version, nodes } of rows) {
    const key = JSON.stringify([client, version]);
    byName.set(key, { client, version, nodes: (byName.get(key)?.nodes ?? 0) + nodes });
  }
  return [...byName.values()].sort((a, b) => b.nodes - a.nodes).slice(0, maxClients);
}
