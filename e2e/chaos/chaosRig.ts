import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../lib/packageRoot.ts';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { listBackends, readPostmaster } from '../../sql/postmaster.ts';
import { findFreeOctet } from '../../testkit/simulatedNetwork/findFreeOctet.ts';
import { startSimulatedNetwork } from '../../testkit/simulatedNetwork/simulatedNetwork.ts';
import { endForkscope, type Running, startForkscope } from '../forkscopeProcess.ts';
import { Ledger } from './ledger.ts';

export const victims = ['crawl', 'serve', 'postgres', 'start'] as const;
type Victim = (typeof victims)[number];

/** A whole `forkscope start` over a simulated network, as processes, and what is done to it. */
export interface ChaosRig extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly dataDir: string;
  /** The process that is called so, or null while there is none. */
  pidOf(victim: Victim): number | null;
  /** Every process of the database. */
  databasePids(): number[];
  /** Sets the clock of its Node.js processes, from now on. */
  setClock(aheadMs: number): void;
  /** Starts it again where it has ended. */
  ensureStarted(): void;
  /** Ends it in order; its exit code and what it said. */
  stop(onCrawlEnded: () => void): Promise<{ readonly code: number | null; readonly stderr: string }>;
  /** Resolves with the time until visits came in again, ms. @throws after two minutes */
  recovered(): Promise<number>;
}

export interface RigOptions {
  /** Nodes that answer. */
  readonly nodes: number;
  /** Between two visits of one node, as on the command line. */
  readonly revisit: string;
  readonly metricsPort: number;
}

/** A process has this long to be at work again. */
const patienceMs = 120_000;

export async function openChaosRig(
  { nodes, revisit, metricsPort }: RigOptions = { nodes: 60, revisit: '3s', metricsPort: 0 },
): Promise<ChaosRig> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-chaos-'));
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  const clockFile = join(folder, 'clock');
  writeFileSync(clockFile, '0');
  const network = await startSimulatedNetwork({ scenario: scenarioOf(nodes), second: await findFreeOctet() });
  const args = [
    'start',
    ...['--data-dir', dataDir, '--networks', 'mainnet', '--bootnodes', network.bootnodes(8).join(',')],
    ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', '127.0.0.1', '--bind6', 'none', '--port', '0'],
    ...[
      '--crawl-metrics-port',
      String(metricsPort),
      '--http-port',
      '0',
      '--revisit',
      revisit,
      '--lease',
      '5s',
      '--log-format',
      'json',
    ],
  ];
  const shifted = pathToFileURL(join(packageRoot, 'dist', 'e2e', 'chaos', 'shiftedDate.js')).href;
  const env = { NODE_OPTIONS: `--import ${shifted}`, TEST_CLOCK_FILE: clockFile };
  const ledger = new Ledger(dataDir);
  let running: Running = startForkscope(args, env);
  const hasEnded = (): boolean => running.child.exitCode !== null || running.child.signalCode !== null;
  const ensureStarted = (): void => {
    if (hasEnded()) running = startForkscope(args, env);
  };
  const pidOf = (victim: Victim): number | null => {
    if (victim === 'postgres') return readPostmaster(ledger.cluster)?.pid ?? null;
    if (victim === 'start') return hasEnded() ? null : (running.child.pid ?? null);
    return childOf(running.child.pid ?? 0, victim);
  };
  return {
    ledger,
    dataDir,
    pidOf,
    databasePids: () => {
      const pid = readPostmaster(ledger.cluster)?.pid;
      return pid === undefined ? [] : [pid, ...listBackends(ledger.cluster)];
    },
    setClock: (aheadMs) => writeFileSync(clockFile, String(aheadMs)),
    ensureStarted,
    stop: async (onCrawlEnded) => {
      running.child.kill('SIGTERM');
      while (pidOf('crawl') !== null && !hasEnded()) await sleep(20);
      onCrawlEnded();
      const { code, stderr } = await running.ended;
      return { code, stderr };
    },
    async recovered() {
      const startedAt = Date.now();
      // What is written at once may have been on its way before.
      await ledger.noteStored();
      const before = ledger.stored;
      while (ledger.stored < before + 15) {
        ensureStarted();
        if (Date.now() - startedAt > patienceMs)
          throw new Error(`no visits for ${patienceMs} ms\n${running.stderr().slice(-4_000)}`);
        await sleep(250);
        ledger.noteSpill();
        await ledger.noteStored();
      }
      return Date.now() - startedAt;
    },
    [Symbol.asyncDispose]: async () => {
      await endForkscope(running);
      await network.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The child of a process that runs this command. */
function childOf(parent: number, command: string): number | null {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) continue;
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(command)) return Number(name);
    } catch {
      // It has just ended.
    }
  }
  return null;
}

function scenarioOf(count: number) {
  const client = 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0';
  const dead = { name: 'dead', count: Math.ceil(count / 6), client: 'none', network: 'mainnet', reachability: 'dead' };
  const nodes = [{ name: 'full', count, client, network: 'mainnet' }, dead];
  return parseScenario(JSON.stringify({ version: 1, seed: 12, networks: [], nodes, faults: [] }), 'the chaos');
}
