/** A mixed network and its crawlers in virtual time, in a process of its own. Started by truth.ts. */
import { openTestDatabase } from '../sql/testDatabase.ts';
import type { ErrorRow, WrongCount } from '../testkit/censusTruth/compareCensuses.ts';
import { formatErrors, formatMissed } from '../testkit/censusTruth/formatErrors.ts';
import { type CrawlerStep, type MixedReport, runMixedNetwork } from '../testkit/censusTruth/runMixedNetwork.ts';
import { round } from './machine.ts';

export interface TruthOrder {
  readonly nodes: number;
  readonly hours: number;
  readonly seed: number;
  /** How many of the wrong counts to print. */
  readonly worst: number;
}

export interface TruthReport {
  readonly nodes: number;
  readonly hours: number;
  readonly tookSeconds: number;
  readonly cpuSeconds: number;
  readonly queries: number;
  readonly censuses: number;
  /** Counts of censuses that are not marked as partial, those of marked ones, and those of the former that are wrong. */
  readonly complete: number;
  readonly partial: number;
  readonly wrong: number;
  readonly warnings: number;
}

const hourMs = 3_600_000;

/** Of 72 hours, by their share of a run. */
const steps: readonly { readonly hour: number; readonly kind: CrawlerStep['kind'] }[] = [
  { hour: 0, kind: 'start' },
  { hour: 20, kind: 'stop' },
  { hour: 21, kind: 'start' },
  { hour: 30, kind: 'kill' },
  { hour: 33.5, kind: 'start' },
  { hour: 44, kind: 'stop' },
  { hour: 44, kind: 'startStarved' },
  { hour: 48, kind: 'stop' },
  { hour: 48, kind: 'start' },
  { hour: 56, kind: 'startSecond' },
];

process.once('message', (order: TruthOrder) => void run(order));

async function run(order: TruthOrder): Promise<void> {
  const database = await openTestDatabase();
  try {
    const report = await compare(order, database.url);
    process.send?.(report, () => process.disconnect());
  } finally {
    await database.close();
  }
}

async function compare({ nodes, hours, seed, worst }: TruthOrder, databaseUrl: string): Promise<TruthReport> {
  const began = performance.now();
  const tookSeconds = (): number => round((performance.now() - began) / 1_000);
  const report = await runMixedNetwork({
    ...{ nodes, hours, seed, databaseUrl },
    steps: steps.map(({ hour, kind }) => ({ at: hour * hourMs, kind })),
    onHour: (hour, wrong) => {
      console.error(`hour ${hour} after ${tookSeconds()} s${wrong === null ? '' : `, ${wrong.length} wrong so far`}`);
      for (const { at, key, figure, published, truth, allowed } of wrong?.slice(0, worst) ?? [])
        console.error(
          `  ${new Date(at).toISOString()} ${key} ${figure}: ${published} for ${truth}, ${allowed} allowed`,
        );
    },
  });
  const { user, system } = process.cpuUsage();
  console.error(formatErrors(report.rows));
  console.error(`\n${formatMissed(report.missed)}\n`);
  for (const line of describeWrong(report, worst)) console.error(line);
  const sum = (read: (row: ErrorRow) => number): number => report.rows.reduce((total, row) => total + read(row), 0);
  return {
    ...{ nodes: report.nodes, hours, tookSeconds: tookSeconds(), cpuSeconds: round((user + system) / 1e6) },
    ...{ queries: report.queries, censuses: report.censuses },
    ...{ complete: sum((row) => row.complete), partial: sum((row) => row.partial), wrong: report.wrong.length },
    warnings: report.warnings.length,
  };
}

/** By count: how often it is wrong, and where it is worst. */
function describeWrong({ wrong, startedAt, warnings }: MixedReport, most: number): string[] {
  const worst = new Map<string, { times: number; count: WrongCount }>();
  const size = ({ published, truth }: WrongCount): number => Math.abs(published - truth);
  for (const count of wrong) {
    const key = `${count.key} ${count.figure}`;
    const known = worst.get(key);
    const isWorse = known === undefined || size(count) > size(known.count);
    worst.set(key, { times: (known?.times ?? 0) + 1, count: isWorse ? count : known.count });
  }
  const lines = [...worst]
    .sort(([, one], [, other]) => other.times - one.times)
    .slice(0, most)
    .map(
      ([
        key,
        {
          times,
          count: { at, published, truth, allowed },
        },
      ]) => {
        const hour = round((at - startedAt) / hourMs);
        return `${key}: ${times} times, at worst ${published} for ${truth} in hour ${hour} (${round(allowed)} allowed)`;
      },
    );
  return most > 0 ? [...lines, ...new Set(warnings.slice(0, 20))] : lines;
}
