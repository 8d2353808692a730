import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseScenario } from '../lib/scenarioFile.ts';
import { findFreeOctet } from '../testkit/simulatedNetwork/findFreeOctet.ts';
import { startSimulatedNetwork } from '../testkit/simulatedNetwork/simulatedNetwork.ts';
import type { DialOrder, DialReport, DialRound } from './dialProcess.ts';
import { machine, round } from './machine.ts';

/**
 * `npm run bench -- dial --nodes 400 --rounds 4`: sessions a CPU second, ours and those of @ethereumjs/devp2p, to the
 * same peers. The last round is what a crawler costs that has been running for a while.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: 'string', default: '400' },
      rounds: { type: 'string', default: '4' },
      concurrency: { type: 'string', default: '32' },
    },
  });
  // EthereumJS keeps only peers whose fork it knows, and speaks up to eth/68.
  const group = {
    name: 'peers',
    count: Number(values.nodes),
    client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21',
    network: 'mainnet',
    forkId: { hash: '0xc376cf8b', next: 0 },
    latency: '0ms',
  };
  const scenario = parseScenario(JSON.stringify({ version: 1, seed: 1, nodes: [group] }), 'the scenario of the bench');
  await using network = await startSimulatedNetwork({ scenario, second: await findFreeOctet() });
  const peers = network.truth.map(({ id, ip, tcp }) => ({ id, ip, tcp }));
  const concurrency = Number(values.concurrency);
  const rounds = Number(values.rounds);
  const ours = figures(await dialWith({ engine: 'forkscope', peers, concurrency, rounds }));
  const theirs = figures(await dialWith({ engine: 'ethereumjs', peers, concurrency, rounds }));
  return {
    bench: 'dial',
    machine: machine(),
    concurrency,
    forkscope: ours,
    ethereumjs: theirs,
    ratios: (['first', 'last'] as const).map((when) => ({
      round: when,
      sessionsPerCpuSecond: round(ours[when].sessionsPerCpuSecond / theirs[when].sessionsPerCpuSecond),
      cpuToCurve: ours.curveUsPerSession === null ? null : round(ours[when].cpuUsPerSession / ours.curveUsPerSession),
    })),
  };
}

async function dialWith(order: DialOrder): Promise<DialReport> {
  const child = fork(fileURLToPath(new URL('./dialProcess.js', import.meta.url)));
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`the dialling process ended with ${code}`);
  });
  child.send(order);
  const report = await Promise.race([once(child, 'message').then(([message]): DialReport => message), ended]);
  ended.catch(() => {});
  return report;
}

function figures({ rounds, curveUsPerSession }: DialReport) {
  const [first, last] = [rounds[0], rounds.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('at least one round');
  return {
    first: figuresOf(first),
    last: figuresOf(last),
    curveUsPerSession: curveUsPerSession === null ? null : round(curveUsPerSession),
  };
}

function figuresOf({ sessions, complete, tookSeconds, cpuSeconds }: DialRound) {
  return {
    sessions,
    complete,
    sessionsPerSecond: round(complete / tookSeconds),
    sessionsPerCpuSecond: round(complete / cpuSeconds),
    cpuUsPerSession: round((cpuSeconds * 1e6) / sessions),
  };
}
