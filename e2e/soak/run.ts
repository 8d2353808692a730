/**
 * What is measured for a long time. `npm run soak` runs the tests of this folder; `npm run soak -- --hours 6` lets a whole
 * Forkscope crawl a simulated network at 25 visits a second, as processes, and tells how memory, files and tables grow:
 * as text, and as --json FILE and --svg FILE. Ends with 1 where the crawler's memory grows by more than 1 MB an hour.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../lib/packageRoot.ts';
import { connect } from '../../sql/client.ts';
import { readPostmaster, socketUrl } from '../../sql/postmaster.ts';
import { freePorts } from '../../testkit/freePorts.ts';
import { type ChaosRig, openChaosRig } from '../chaos/chaosRig.ts';
import { readFlags } from '../readFlags.ts';
import { type SoakSample, slopeOf, soakPicture } from './soakFigures.ts';

const usage = `usage: npm run soak [-- WORD...]                                 the tests of e2e/soak
       npm run soak -- --hours N [--json FILE] [--svg FILE]   a crawl of N hours (whole or part), its slopes told`;
const isLong = process.argv.slice(2).some((word) => word.startsWith('--'));
const flags = isLong ? readFlags(usage, { numbers: { hours: 6 }, texts: ['json', 'svg'] }) : null;
const visitsPerSecond = 25;
const nodes = 300;
const mostGrowthMb = 1;
const megabyte = 1024 ** 2;

if (flags?.hours === 0) {
  console.error(`--hours takes more than 0\n${usage}`);
  process.exit(2);
}
process.exit(flags === null ? runTests() : await soak(flags.hours ?? 0, flags));

function runTests(): number {
  const tests = spawnSync(
    process.execPath,
    [join(packageRoot, 'dist/scripts/test.js'), '--in', 'e2e/soak', ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  return tests.status ?? 1;
}

async function soak(
  hours: number,
  files: { readonly json: string | undefined; readonly svg: string | undefined },
): Promise<number> {
  const [metricsPort = 0] = await freePorts(1);
  const revisit = `${Math.round((nodes / visitsPerSecond) * 1_000)}ms`;
  await using rig = await openChaosRig({ nodes, revisit, metricsPort });
  await rig.recovered();
  const startedAt = performance.now();
  const since = (): number => (performance.now() - startedAt) / 3_600_000;
  const warmUpHours = hours / 6;
  const samples: SoakSample[] = [];
  for (const everyMs = Math.min(60_000, hours * 30_000); since() < hours; await sleep(everyMs)) {
    samples.push({ hours: since(), values: await look(rig, metricsPort) });
    const values: Record<string, number> = { ...samples.at(-1)?.values };
    console.log(
      `${since().toFixed(2)} h ${Object.entries(values)
        .map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`)
        .join(', ')}`,
    );
  }
  const names = Object.keys(samples.at(-1)?.values ?? {});
  const slopes = Object.fromEntries(names.map((name) => [name, slopeOf(samples, name, warmUpHours)]));
  const visits = (samples.at(-1)?.values.visits ?? 0) - (samples[0]?.values.visits ?? 0);
  const rate = visits / ((samples.at(-1)?.hours ?? 1) - (samples[0]?.hours ?? 0)) / 3_600;
  console.log(
    `\n${hours} h at ${rate.toFixed(1)} visits/s; slopes an hour after ${warmUpHours.toFixed(2)} h of warm-up:`,
  );
  for (const [name, slope] of Object.entries(slopes)) console.log(`  ${name.padEnd(24)}${slope.toFixed(2)}`);
  if (files.json !== undefined)
    writeFileSync(
      files.json,
      `${JSON.stringify({ hours, visitsPerSecond: rate, warmUpHours, slopes, samples }, null, 2)}\n`,
    );
  if (files.svg !== undefined) writeFileSync(files.svg, soakPicture(samples, warmUpHours));
  // Nothing measured is no proof.
  return (slopes.crawlRssMb ?? Number.POSITIVE_INFINITY) <= mostGrowthMb ? 0 : 1;
}

async function look(rig: ChaosRig, metricsPort: number): Promise<Record<string, number>> {
  const [crawl, serve] = [rig.pidOf('crawl'), rig.pidOf('serve')];
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
    .then((answer) => answer.text())
    .catch(() => '');
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
  const values = {
    crawlRssMb: rssMb(crawl),
    crawlHeapMb: metric('forkscope_crawler_nodejs_heap_size_used_bytes') / megabyte,
    crawlFiles: filesOf(crawl),
    serveRssMb: rssMb(serve),
    serveFiles: filesOf(serve),
    visits: metric('forkscope_crawler_visits_committed_total'),
    ...(await tables(rig)),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}

/** Bytes of the tables that are rewritten all the time, which must not grow with the number of visits. */
async function tables(rig: ChaosRig): Promise<Record<string, number>> {
  const postmaster = readPostmaster(rig.ledger.cluster);
  if (postmaster?.status !== 'ready') return {};
  const sql = connect(socketUrl(postmaster), { max: 1 });
  try {
    const rows = await sql<{ name: string; bytes: number; dead: number }[]>`
      select relname as name, pg_total_relation_size(relid)::float8 as bytes, n_dead_tup::float8 as dead
      from pg_stat_user_tables where relname in ('nodes', 'frontier', 'reachability', 'endpoints') order by 1`;
    return Object.fromEntries(rows.map(({ name, bytes }) => [`${name}Mb`, bytes / megabyte]));
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function rssMb(pid: number | null): number {
  if (pid === null) return Number.NaN;
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

function filesOf(pid: number | null): number {
  try {
    return pid === null ? Number.NaN : readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN;
  }
}
