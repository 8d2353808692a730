/**
 * Kills and hinders a whole Forkscope again and again, as processes over a simulated network, and draws up an account of
 * every visit: npm run chaos -- --kills 100 --stops 20 --faults 2. Ends with 1 where a visit was lost or doubled.
 */
import { writeFileSync } from 'node:fs';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { readFlags } from '../readFlags.ts';
import { openChaosRig } from './chaosRig.ts';
import { type ChaosReport, runChaos } from './runChaos.ts';

const usage = `usage: npm run chaos -- [--kills N] [--stops N] [--faults N] [--seed N] [--json FILE]
  --kills   kills of crawler, API, PostgreSQL and supervisor (default 20)
  --stops   orderly stops with the database away (default a fifth of the kills)
  --faults  how often each other fault is tried (default 1)`;
const flags = readFlags(usage, { numbers: { kills: 20, stops: null, faults: 1, seed: null }, texts: ['json'] });

process.exit(await main());

async function main(): Promise<number> {
  const kills = flags.kills ?? 0;
  const plan = { kills, stops: flags.stops ?? Math.ceil(kills / 5), faults: flags.faults ?? 0 };
  const random = seededRandom(flags.seed ?? undefined);
  await using rig = await openChaosRig();
  const report = await runChaos(rig, plan, random, (line) => console.log(line));
  print(report);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  const { lost, doubled } = report.balance;
  return lost + doubled + report.badEnds.length === 0 ? 0 : 1;
}

function print({ seed, rows, balance, badEnds }: ChaosReport): void {
  console.log('\nwhat                   times   visits again after: median   longest');
  for (const { what, times, recoveredMs } of rows) {
    const sorted = recoveredMs.toSorted((a, b) => a - b);
    const at = (index: number): string => `${((sorted[index] ?? 0) / 1_000).toFixed(1)} s`.padStart(9);
    console.log(
      `${what.padEnd(22)}${String(times).padStart(6)}${at(sorted.length >> 1).padStart(29)} ${at(sorted.length - 1)}`,
    );
  }
  const { committed, spilled, lost, doubled } = balance;
  console.log(
    `\nvisits committed ${committed}, once on disk ${spilled}: lost ${lost}, doubled ${doubled}; seed ${seed}`,
  );
  for (const end of badEnds) console.log(`BAD END ${end}`);
}
