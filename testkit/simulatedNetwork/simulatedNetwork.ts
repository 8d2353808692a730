import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { endChild } from '../endChild.ts';
import { groupsByNode, listensOnTcp, type NetworkPlan } from './networkPlan.ts';
import { truthLines } from './networkTruth.ts';
import type { NodeProcessMessage, NodeProcessOrder } from './nodeProcess.ts';
import { protocolTables } from './protocolTables.ts';
import type { NodeShare } from './serveNodes.ts';
import { planRun, type SimulatedRun, type SimulatedStats } from './simulatedRun.ts';
import type { SimulatedScenario } from './simulatedWorld.ts';

export interface SimulatedNetworkOptions {
  readonly scenario: SimulatedScenario;
  /** When the scenario's faults begin to count, ms since the epoch; now when left out. */
  readonly startedAt?: number;
  /** Addresses begin at 127.`second`.1.1; one octet has room for 62,500. */
  readonly second: number;
  /** Where to write who is who and who knows whom, one JSON object a line. */
  readonly truthFile?: string;
  readonly maxSocketsPerProcess?: number;
}

export interface SimulatedNetwork extends SimulatedRun, AsyncDisposable {
  readonly processes: number;
  stats(): Promise<SimulatedStats>;
  /** Ends its processes; resolves when they are gone. */
  close(): Promise<void>;
  /** Ends them at once, without waiting. */
  kill(): void;
}

/** Time for a process to end after its channel is closed. */
const patienceMs = 5_000;
const maxSockets = 10_000;
/** What a process opens beside its nodes' sockets; each session with the crawler is a file, too. */
const otherFiles = 600;

/** Sockets for the nodes of one process where the system lets it open `limit` files (`ulimit -n`): a low limit makes more processes. */
export function socketsPerProcess(limit: number): number {
  return Math.min(maxSockets, Math.floor(limit - Math.min(otherFiles, limit / 2)));
}

/** The hard limit, to which Node.js raises its own at start; known on Linux only. */
function openFilesLimit(): number {
  try {
    const [, hard] = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Starts a simulated network on loopback, in processes of its own. Resolves when every node listens. */
export async function startSimulatedNetwork(options: SimulatedNetworkOptions): Promise<SimulatedNetwork> {
  const curve = await chooseCurve();
  const { scenario, startedAt = Date.now(), second } = options;
  const children: ChildProcess[] = [];
  const { plan, run } = planRun({ curve, now: Date.now, scenario, startedAt, second }, (faults) => {
    for (const child of children) child.send({ strike: faults });
  });
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-simulation-'));
  const orderOf = (size: number, planFile: string, share: NodeShare): NodeProcessOrder => {
    const { seed, addresses, networks, nodes, faults } = scenario;
    const own = { seed, addresses, networks, nodes, faults };
    return { scenario: own, startedAt, second, size, planFile, ...share };
  };
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= Promise.all(children.map((child) => endChild(child, patienceMs))).then(() =>
      rmSync(folder, { recursive: true, force: true }),
    );
    return closing;
  };
  try {
    if (options.truthFile !== undefined) {
      const lines = truthLines(run.truth, protocolTables(plan));
      await pipeline(Readable.from(lines), createWriteStream(options.truthFile));
    }
    const planFile = join(folder, 'plan.bin');
    writeFileSync(planFile, Buffer.concat([plan.privateKeys, plan.ids, plan.hashes]));
    const shares = shareOut(plan, options.maxSocketsPerProcess ?? socketsPerProcess(openFilesLimit()));
    await Promise.all(shares.map((share) => startChild(children, orderOf(plan.size, planFile, share))));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...run,
    get truth() {
      return run.truth;
    },
    processes: children.length,
    stats: async () => sumStats(await Promise.all(children.map(askStats))),
    close,
    kill: () => {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Ranges of nodes with at most so many sockets each. */
function shareOut(plan: NetworkPlan, maxPerProcess: number): NodeShare[] {
  const shares: NodeShare[] = [];
  let from = 0;
  let sockets = 0;
  for (const [index, group] of groupsByNode(plan.groups).entries()) {
    const needed = group.reachability === 'dead' ? 0 : listensOnTcp(group) ? 2 : 1;
    if (sockets + needed > maxPerProcess) {
      shares.push({ from, to: index });
      from = index;
      sockets = 0;
    }
    sockets += needed;
  }
  return [...shares, { from, to: plan.size }];
}

async function startChild(children: ChildProcess[], order: NodeProcessOrder): Promise<void> {
  const child = fork(fileURLToPath(new URL('./nodeProcess.js', import.meta.url)), {
    execArgv: ['--enable-source-maps'],
    // JSON could not carry 64-bit values.
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  child.send(order);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the simulated network ended with ${code}`);
  });
  await Promise.race([answer(child, 'ready'), failed]);
  failed.catch(() => {});
}

async function askStats(child: ChildProcess): Promise<Extract<NodeProcessMessage, { kind: 'stats' }>> {
  const stats = answer(child, 'stats');
  child.send('stats');
  return stats;
}

function answer<K extends NodeProcessMessage['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<NodeProcessMessage, { kind: K }>> {
  return new Promise((resolve) => {
    const listen = (message: NodeProcessMessage): void => {
      if (!isKind(message, kind)) return;
      child.off('message', listen);
      resolve(message);
    };
    child.on('message', listen);
  });
}

function isKind<K extends NodeProcessMessage['kind']>(
  message: NodeProcessMessage,
  kind: K,
): message is Extract<NodeProcessMessage, { kind: K }> {
  return message.kind === kind;
}

function sumStats(all: readonly Extract<NodeProcessMessage, { kind: 'stats' }>[]): SimulatedStats {
  const sum = (pick: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + pick(one), 0);
  return {
    received: sum(({ counts }) => counts.received),
    sent: sum(({ counts }) => counts.sent),
    lost: sum(({ counts }) => counts.lost),
    dropped: sum(({ counts }) => counts.dropped),
    findnodes: sum(({ counts }) => counts.findnodes),
    sessions: sum(({ counts }) => counts.sessions),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
  };
}
