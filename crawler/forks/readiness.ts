import { compareVersions, parseClientName, versionText } from '../classify/clientName.ts';
import type { Network, NetworkFork } from '../networks/networkFile.ts';
import { type ForkClass, type ForkMoment, presentForks } from './forkClass.ts';

/** So many nodes of one network (IDs or IPs, as the caller counts) have that client, version and class. */
export interface ReadinessRow {
  /** null = client unknown. */
  readonly client: string | null;
  /** As `versionText` writes it; null = unknown. */
  readonly version: string | null;
  readonly forkClass: ForkClass;
  readonly nodes: number;
}

export interface ReadinessCount {
  readonly ready: number;
  readonly current: number;
  readonly conflicting: number;
  /** ready / (ready + current + conflicting); null where there are none. */
  readonly share: number | null;
}

export interface VersionReadiness extends ReadinessCount {
  readonly version: string | null;
}

export interface ClientReadiness extends ReadinessCount {
  readonly client: string | null;
  /** Newest first, unknown last. */
  readonly versions: readonly VersionReadiness[];
  /** The lowest version that at least `minNodes` nodes announce the fork with. */
  readonly lowestReady: { readonly version: string; readonly nodes: number } | null;
}

export interface Readiness extends ReadinessCount {
  /** The first fork that is not active yet; null where none is scheduled. */
  readonly fork: NetworkFork | null;
  /** Forks after it: no node can announce them yet. */
  readonly notObservable: readonly NetworkFork[];
  /** ms until it, negative once past; null for a block fork or none. */
  readonly countdownMs: number | null;
  /** Most nodes first. */
  readonly clients: readonly ClientReadiness[];
  /** Nodes of the classes that the share leaves out. */
  readonly leftOut: Readonly<Record<Exclude<ForkClass, 'ready' | 'current' | 'conflicting'>, number>>;
}

/** Who is ready for a network's next fork. */
export function judgeReadiness(
  network: Network,
  rows: readonly ReadinessRow[],
  moment: ForkMoment,
  { minNodes }: { readonly minNodes: number } = { minNodes: 1 },
): Readiness {
  const present = presentForks(network, moment);
  const fork = network.forks[present] ?? null;
  const clients = [...groupBy(rows, (row) => row.client)].map(([client, own]) => judgeClient(client, own, minNodes));
  return {
    fork,
    notObservable: network.forks.slice(present + 1),
    countdownMs: fork?.kind === 'time' ? Number(fork.at) * 1000 - moment.now : null,
    ...count(rows),
    clients: clients.filter((client) => judged(client) > 0).sort((a, b) => judged(b) - judged(a)),
    leftOut: {
      atGenesis: sum(rows, 'atGenesis'),
      behind: sum(rows, 'behind'),
      outdated: sum(rows, 'outdated'),
      ahead: sum(rows, 'ahead'),
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

function judged({ ready, current, conflicting }: ReadinessCount): number {
  return ready + current + conflicting;
}

function sum(rows: readonly ReadinessRow[], forkClass: ForkClass): number {
  return rows.reduce((total, row) => (row.forkClass === forkClass ? total + row.nodes : total), 0);
}

function compareVersionTexts(one: string | null, other: string | null): number {
  const [a, b] = [readVersion(one), readVersion(other)];
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  return compareVersions(a, b) || versionText(a).localeCompare(versionText(b));
}

function readVersion(text: string | null) {
  return text === null ? null : parseClientName(`x/v${text}`).version;
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
