import { LongRunTables } from './longRunTables.ts';
import { groupsByNode, type NetworkPlan, speaksDiscv4, speaksDiscv5 } from './networkPlan.ts';

/** Whom each node knows by either protocol: those that speak it. */
export interface ProtocolTables {
  readonly discv4: LongRunTables;
  readonly discv5: LongRunTables;
  /** By both, each once. */
  tableOf(index: number): readonly number[];
}

export function protocolTables({ seed, hashes, groups }: NetworkPlan): ProtocolTables {
  const kinds = groupsByNode(groups);
  const all = kinds.map((_, index) => index);
  const discv4 = new LongRunTables(
    seed,
    hashes,
    all.filter((index) => speaksDiscv4(kinds[index])),
  );
  const discv5 = new LongRunTables(
    seed,
    hashes,
    all.filter((index) => speaksDiscv5(kinds[index])),
  );
  return {
    discv4,
    discv5,
    tableOf(index) {
      const kind = kinds[index];
      const known = new Set<number>();
      if (speaksDiscv4(kind)) for (const other of discv4.tableOf(index)) known.add(other);
      if (speaksDiscv5(kind)) for (const other of discv5.tableOf(index)) known.add(other);
      return [...known];
    },
  };
}
