import { compareVersionTexts } from '../../lib/clientVersion.ts';
import type { ForkClass } from '../contract/common.ts';

/** How many nodes of one network (IDs or IPs, as the caller counts) have this client, version and class. */
export interface ReadinessRow {
  /** null = client unknown. */
  readonly client: string | null;
  /** As `versionText` writes it; null = unknown. */
  readonly version: string | null;
  readonly forkClass: ForkClass;
  readonly nodes: number;
}

interface ReadinessCount {
  readonly ready: number;
  readonly current: number;
  readonly conflicting: number;
  /** ready / (ready + current + conflicting); null where there are none. */
  readonly share: number | null;
}

interface VersionReadiness extends ReadinessCount {
  readonly version: string | null;
}

export interface ClientReadiness extends ReadinessCount {
  readonly client: string | null;
  /** Newest first, unknown last. */
  readonly versions: readonly VersionReadiness[];
  /** The lowest version with which at least `minNodes` nodes announce the fork. */
  readonly lowestReady: { readonly version: string; readonly nodes: number } | null;
}

export interface Readiness extends ReadinessCount {
  /** Most nodes first. */
  readonly clients: readonly ClientReadiness[];
  /** Nodes of the classes that the share leaves out. */
  readonly leftOut: Readonly<Record<Exclude<ForkClass, 'ready' | 'current' | 'conflicting'>, number>>;
}

/** Who is ready for the next fork: nobody can announce later ones yet. */
export function judgeReadiness(
  rows: readonly ReadinessRow[],
  { minNodes }: { readonly minNodes: number } = { minNodes: 1 },
): Readiness {
  const clients = [...groupBy(rows, (row) => row.client)].map(([client, own]) => judgeClient(client, own, minNodes));
  return {
    ...count(rows),
    clients: clients.filter((client) => judged(client) > 0).sort(byNodes),
    leftOut: {
      atGenesis: sum(rows, 'atGenesis'),
      behind: sum(rows, 'behind'),
      outdated: sum(rows, 'outdated'),
      ahead: sum(rows, 'ahead'),
      notYetKnown: sum(rows, 'notYetKnown'),
      unknown: sum(rows, 'unknown'),
    },
  };
}

function judgeClient(client: string | null, rows: readonly ReadinessRow[], minNodes: number): ClientReadiness {
  const versions = [...groupBy(rows, (row) => row.version)]
    .map(([version, own]): VersionReadiness => ({ version, ...count(own) }))
    .filter((version) => judged(version) > 0)
    .sort((a, b) => compareVersionTexts(b.version, a.version));
  const lowest = versions.findLast(({ version, ready }) => version !== null && ready >= minNodes);
  return {
    client,
    ...count(rows),
    versions,
    lowestReady:
      lowest === undefined || lowest.version === null ? null : { version: lowest.version, nodes: lowest.ready },
  };
}

function count(rows: readonly ReadinessRow[]): ReadinessCount {
  const ready = sum(rows, 'ready');
  const current = sum(rows, 'current');
  const conflicting = sum(rows, 'conflicting');
  const all = ready + current + conflicting;
  return { ready, current, conflicting, share: all === 0 ? null : ready / all };
}

/** Most nodes first; with equal numbers, the unknown client last. */
function byNodes(a: ClientReadiness, b: ClientReadiness): number {
  return judged(b) - judged(a) || Number(a.client === null) - Number(b.client === null);
}

function judged({ ready, current, conflicting }: ReadinessCount): number {
  return ready + current + conflicting;
}

function sum(rows: readonly ReadinessRow[], forkClass: ForkClass): number {
  return rows.reduce((total, row) => (row.forkClass === forkClass ? total + row.nodes : total), 0);
}

function groupBy<Key>(rows: readonly ReadinessRow[], keyOf: (row: ReadinessRow) => Key): Map<Key, ReadinessRow[]> {
  const groups = new Map<Key, ReadinessRow[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
