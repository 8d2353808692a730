/**
 * Feeds mutants to every decoder, and lies whole sessions through sockets: npm run fuzz -- --seconds 60. Prints what was
 * done as text, with --json FILE as JSON too; ends with 1 where anything but a typed error came of it, or took over 5 ms.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { readFlags } from '../readFlags.ts';
import { allTargets, fuzzDecoders, readCorpus, replayCorpus } from './fuzzDecoders.ts';
import { fuzzSessions } from './fuzzSessions.ts';

const usage = `usage: npm run fuzz -- [--seconds N] [--inputs N] [--sessions N] [--seed N] [--only DECODER,...] [--json FILE] [--keep]
  --seconds   how long in all (default 60)
  --inputs    at most so many mutants, shared by the decoders
  --sessions  at most so many sessions over sockets
  --only      these decoders alone, and no sessions
  --keep      new inputs go to the corpus`;
const flags = readFlags(usage, {
  numbers: { seconds: 60, sessions: null, inputs: null, seed: null },
  texts: ['only', 'json'],
  switches: ['keep'],
});
/** Of the time, how much goes to whole sessions. */
const sessionShare = 0.4;

process.exit(await main());

async function main(): Promise<number> {
  const seconds = flags.seconds ?? 0;
  const random = seededRandom(flags.seed ?? undefined);
  const curve = await chooseCurve();
  const only = flags.only?.split(',');
  const all = allTargets(curve);
  const strange = only?.find((wanted) => !all.some(({ name }) => name === wanted));
  if (strange !== undefined) {
    console.error(`there is no decoder ${strange}; there are ${all.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const targets = all.filter(({ name }) => only === undefined || only.includes(name));
  const corpus = readCorpus();
  const startedAt = systemClock.now();
  const until = startedAt + seconds * 1_000;
  const decodersUntil = only === undefined ? until - seconds * 1_000 * sessionShare : until;
  const perTarget = Math.ceil((flags.inputs ?? Number.POSITIVE_INFINITY) / targets.length);
  const replayed = await replayCorpus(targets, corpus);
  const decoders = await fuzzDecoders(targets, corpus, random, { until: decodersUntil, perTarget }, systemClock.now);
  const findings = [...replayed, ...decoders.findings];
  const mostSessions = flags.sessions ?? Number.POSITIVE_INFINITY;
  const sessions =
    only === undefined ? await fuzzSessions(curve, random, { until, sessions: mostSessions, atOnce: 48 }) : null;
  const inputs = [...decoders.tallies.values()].reduce((sum, tally) => sum + tally.inputs, 0);
  const report = {
    seed: random.seed,
    seconds: Math.round((systemClock.now() - startedAt) / 1_000),
    inputs,
    slowestMs: Math.max(...[...decoders.tallies.values()].map(({ slowestMs }) => slowestMs)),
    targets: Object.fromEntries(
      [...decoders.tallies].map(([name, { inputs: tried, refused, slowestMs, ways }]) => [
        name,
        { inputs: tried, refused, ways: ways.size, slowestMs: Number(slowestMs.toFixed(3)) },
      ]),
    ),
    sessions,
    findings,
  };
  print(report);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  if (flags.on.has('keep')) {
    const kept = targets.map(({ name }) => [
      name,
      [...new Set([...(corpus[name] ?? []), ...(decoders.fresh.get(name) ?? [])])].slice(0, 12),
    ]);
    writeFileSync(
      join(packageRoot, 'e2e/fuzz/corpus.json'),
      `${JSON.stringify({ ...corpus, ...Object.fromEntries(kept) }, null, 2)}\n`,
    );
  }
  return findings.length === 0 && (sessions?.thrown.length ?? 0) === 0 ? 0 : 1;
}

function print(report: {
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  readonly slowestMs: number;
  readonly targets: Readonly<Record<string, { inputs: number; refused: number; ways: number; slowestMs: number }>>;
  readonly sessions: Awaited<ReturnType<typeof fuzzSessions>> | null;
  readonly findings: readonly { target: string; kind: string; reason: string; base64: string }[];
}): void {
  const { sessions } = report;
  console.log('decoder           inputs     refused  ways  slowest');
  for (const [name, row] of Object.entries(report.targets)) {
    const cells = [String(row.inputs).padStart(10), String(row.refused).padStart(11), String(row.ways).padStart(5)];
    console.log(`${name.padEnd(14)}${cells.join(' ')} ${row.slowestMs.toFixed(3).padStart(8)} ms`);
  }
  console.log(
    `${report.inputs} inputs, slowest ${report.slowestMs.toFixed(3)} ms (at its best of five), seed ${report.seed}, ${report.seconds} s in all`,
  );
  if (sessions !== null) {
    console.log(
      `${sessions.sessions} sessions over sockets, longest ${Math.round(sessions.longestMs)} ms, ${sessions.thrown.length} exceptions; they ended with`,
    );
    for (const [code, count] of Object.entries(sessions.codes).sort(([, a], [, b]) => b - a))
      console.log(`  ${code.padEnd(24)}${count}`);
    for (const error of sessions.thrown.slice(0, 5)) console.log(`  THROWN ${error}`);
  }
  for (const { target, kind, reason, base64 } of report.findings.slice(0, 20))
    console.log(`${kind.toUpperCase()} ${target}: ${reason}\n  ${base64.slice(0, 2_000)}`);
  console.log(report.findings.length === 0 ? 'nothing but typed errors' : `${report.findings.length} findings`);
}
