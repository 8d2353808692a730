import { displayText } from '../../lib/displayText.ts';
import { toIso, toSeconds } from '../../lib/time.ts';
import { type ForkClass, forkClasses } from '../contract/common.ts';
import type { ReadinessResponse, ReadinessSeriesResponse } from '../contract/forks.ts';
import type { PointRow } from '../queries/selectCountPoints.ts';
import type { CountRow } from '../queries/selectCurrentCounts.ts';
import type { HeadRow, LearnedRow } from '../queries/selectForkFacts.ts';
import type { ForkRow } from '../queries/selectNetworks.ts';
import type { ReadinessPointRow } from '../queries/selectReadinessPoints.ts';
import { type ClientReadiness, judgeReadiness, type ReadinessRow } from './judgeReadiness.ts';
import { toHex } from './toHex.ts';

type Response = ReadinessResponse;
type Judged = Pick<Response, 'ready' | 'current' | 'conflicting' | 'share' | 'clients'>;
type ForkAhead = Response['notObservable'][number];

const maxVersions = 50;
const maxName = 60;

/** The forks that are not active yet, the first one being the one that nodes can announce. */
export function toForksAhead(
  schedule: readonly ForkRow[],
  now: number,
  head: HeadRow | null,
): Pick<Response, 'fork' | 'secondsToGo' | 'blocksToGo' | 'notObservable'> {
  const seconds = toSeconds(now);
  const forks = schedule.filter((fork) => fork.kind !== 'genesis');
  // Without a head it is unknown whether a fork by block has passed; those of the networks here have.
  const hasPassed = ({ kind, activation }: ForkRow) =>
    kind === 'time' ? activation <= seconds : head === null || activation <= head.number;
  const [first, ...later] = forks.slice(forks.findLastIndex(hasPassed) + 1);
  return {
    fork: first === undefined ? null : toForkAhead(first),
    secondsToGo: first?.kind === 'time' ? Number(first.activation) - Math.floor(now / 1_000) : null,
    blocksToGo: first?.kind === 'block' && head !== null ? String(first.activation - head.number) : null,
    notObservable: later.map(toForkAhead),
  };
}

function toForkAhead({ name, kind, activation, hash }: ForkRow): ForkAhead {
  return { name, kind: kind === 'block' ? 'block' : 'time', at: String(activation), hash: `0x${toHex(hash)}` };
}

export function toLearned(rows: readonly LearnedRow[]): Response['learned'] {
  return rows.map(({ hash, base, kind, at, ...announcers }) => {
    return { hash: `0x${toHex(hash)}`, base: `0x${toHex(base)}`, kind, at: String(at), ...announcers };
  });
}

/** From the cut client_fork at the last census. */
export function toReadiness(rows: readonly CountRow[]): Judged {
  const { ready, current, conflicting, share, clients } = judgeReadiness(rows.flatMap(toReadinessRow));
  return { ready, current, conflicting, share, clients: clients.map(toClient) };
}

function toClient({ versions, ...client }: ClientReadiness): Response['clients'][number] {
  return { ...client, versions: versions.slice(0, maxVersions).map((version) => ({ ...version })) };
}

function toReadinessRow({ key: [client = '', version = '', forkClass = ''], ids }: CountRow): ReadinessRow[] {
  const known = forkClasses.find((name) => name === forkClass);
  const text = (part: string): string | null => (part === '' ? null : displayText(part, maxName));
  return known === undefined ? [] : [{ client: text(client), version: text(version), forkClass: known, nodes: ids }];
}

export function toClasses(rows: readonly CountRow[]): Response['classes'] {
  return forkClasses.map((forkClass) => {
    const row = rows.find(({ key }) => key[0] === forkClass);
    return { forkClass, ids: row?.ids ?? 0, ips: row?.ips ?? 0 };
  });
}

/** The share over time, from the points of the cut fork_class at the instants that were counted. */
export function toReadinessHistory(
  rows: readonly PointRow[],
  counted: readonly number[],
): Response['history']['points'] {
  const figures = new Map(rows.map((row) => [`${row.key?.[0] ?? ''} ${row.at.getTime()}`, row.ids]));
  return counted.map((at) => {
    const of = (forkClass: ForkClass): number => figures.get(`${forkClass} ${at}`) ?? 0;
    return toPoint(at, { ready: of('ready'), current: of('current'), conflicting: of('conflicting') });
  });
}

/** The same for clients or versions, in the order of the rows; if a census found none of one, it had none. */
export function toReadinessSeries(
  rows: readonly ReadinessPointRow[],
  counted: readonly number[],
): ReadinessSeriesResponse['series'] {
  const names = [...new Set(rows.map(({ name }) => name))];
  return names.map((name) => {
    const own = new Map(rows.filter((row) => row.name === name).map((row) => [row.at.getTime(), row]));
    const none = { ready: 0, current: 0, conflicting: 0 };
    return {
      name: name === '' ? null : displayText(name, maxName),
      points: counted.map((at) => toPoint(at, own.get(at) ?? none)),
    };
  });
}

function toPoint(at: number, { ready, current, conflicting }: Record<'ready' | 'current' | 'conflicting', number>) {
  const all = ready + current + conflicting;
  return { at: toIso(at), ready, current, conflicting, share: all === 0 ? null : ready / all };
}
