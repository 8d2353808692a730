import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { type Curve, chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { endChild } from '../endChild.ts';
import { freePorts } from '../freePorts.ts';
import { type GoQuorumConsensus, makeGenesis } from './genesis.ts';
import { type Links, openLinks } from './links.ts';

export interface GoQuorumNode {
  /** Its number, from 1; with Raft also its Raft ID. */
  readonly raftId: number;
  readonly nodeId: string;
  /** The address that it seals with, 40 hex digits. */
  readonly address: string;
  readonly rpcUrl: string;
  readonly probeUrl: string;
  /** SIGSTOP and SIGCONT: it keeps its connections open but says nothing. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** Ends it as an operator does, who lets it write what it holds. */
  end(): Promise<void>;
  /** Starts it again after `kill` or `end`, on the same ports. */
  start(): void;
}

export interface GoQuorumCluster {
  readonly nodes: readonly GoQuorumNode[];
  /** The Raft links between the nodes. */
  readonly links: Links;
  stop(): Promise<void>;
}

export interface GoQuorumOptions {
  readonly consensus: GoQuorumConsensus;
  readonly size: number;
  /** Nodes that are not started at first. */
  readonly asleep?: readonly number[];
  /** Seconds between two blocks of sealers. */
  readonly period?: number;
}

/**
 * Starts a real cluster on loopback. Its Raft servers bind every address, without a password: best run it
 * in a network namespace of its own. Rejects when the binary does not take the flags of any release that we know.
 */
export async function startGoQuorum(binary: string, options: GoQuorumOptions): Promise<GoQuorumCluster> {
  const { consensus, size, asleep = [], period = 1 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-goquorum-'));
  const ports = await freePorts(size * 3);
  const links = await openLinks(Array.from({ length: size }, (_, index) => ports[index * 3 + 1] ?? 0));
  const curve = await chooseCurve();
  const plans = Array.from({ length: size }, (_, index) => planNode(curve, folder, index, ports));
  const genesisFile = join(folder, 'genesis.json');
  writeFileSync(
    genesisFile,
    JSON.stringify(
      makeGenesis(
        consensus,
        plans.map(({ address }) => address),
        period,
      ),
    ),
  );
  const env = { ...process.env, PRIVATE_CONFIG: 'ignore' };
  const isOld = !/--http\.api/.test(execFileSync(binary, ['help'], { encoding: 'utf8', env }));
  // BOUNDED: by the nodes
  const children = new Map<number, ChildProcess>();

  const start = (plan: NodePlan): void => {
    children.set(plan.raftId, spawnNode(binary, plan, consensus, isOld, env));
  };
  const kill = async (raftId: number): Promise<void> => {
    const child = children.get(raftId);
    if (child !== undefined) await endChild(child);
  };
  const stop = async (): Promise<void> => {
    await Promise.all(plans.map(({ raftId }) => kill(raftId)));
    await links.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const plan of plans) {
      prepareNode(binary, plan, plans, links, { consensus, genesisFile, env });
      if (!asleep.includes(plan.raftId)) start(plan);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes: plans.map((plan) => ({
      raftId: plan.raftId,
      nodeId: plan.nodeId,
      address: bytesToHex(plan.address),
      rpcUrl: `http://127.0.0.1:${plan.rpc}/`,
      probeUrl: `http://127.0.0.1:${plan.raft}`,
      freeze: () => void children.get(plan.raftId)?.kill('SIGSTOP'),
      thaw: () => void children.get(plan.raftId)?.kill('SIGCONT'),
      kill: () => kill(plan.raftId),
      end: async () => {
        const child = children.get(plan.raftId);
        child?.kill('SIGTERM');
        if (child !== undefined) await endChild(child, 30_000);
      },
      start: () => start(plan),
    })),
    links,
    stop,
  };
}

interface NodePlan {
  readonly raftId: number;
  readonly key: Uint8Array;
  readonly nodeId: string;
  readonly address: Uint8Array;
  readonly p2p: number;
  readonly raft: number;
  readonly rpc: number;
  readonly dir: string;
}

function planNode(curve: Curve, folder: string, index: number, ports: readonly number[]): NodePlan {
  const key = keccak256(new TextEncoder().encode(`forkscope goquorum ${index}`));
  const [p2p = 0, raft = 0, rpc = 0] = ports.slice(index * 3);
  const id = curve.publicKey(key);
  const address = keccak256(id).subarray(12);
  return {
    raftId: index + 1,
    key,
    nodeId: bytesToHex(id),
    address,
    p2p,
    raft,
    rpc,
    dir: join(folder, `n${index + 1}`),
  };
}

/** Its key, its list of the others, its genesis block, and with Clique the key that it seals with. */
function prepareNode(
  binary: string,
  plan: NodePlan,
  plans: readonly NodePlan[],
  links: Links,
  { consensus, genesisFile, env }: { consensus: GoQuorumConsensus; genesisFile: string; env: NodeJS.ProcessEnv },
): void {
  const { dir, key, raftId } = plan;
  mkdirSync(join(dir, 'geth'), { recursive: true });
  writeFileSync(join(dir, 'geth', 'nodekey'), bytesToHex(key));
  // The order is the same everywhere, the addresses of the others are the links to them.
  const enodes = plans.map((peer) => {
    const port = peer.raftId === raftId ? peer.raft : links.portOf(raftId, peer.raftId);
    return `enode://${peer.nodeId}@127.0.0.1:${peer.p2p}?discport=0&raftport=${port}`;
  });
  writeFileSync(join(dir, 'static-nodes.json'), JSON.stringify(enodes));
  execFileSync(binary, ['--datadir', dir, 'init', genesisFile], { env, stdio: 'ignore' });
  if (consensus === 'clique') {
    const [password, keyFile] = [join(dir, 'password'), join(dir, 'sealer.key')];
    writeFileSync(password, '\n');
    writeFileSync(keyFile, bytesToHex(key));
    // biome-ignore format: flag and value
    const words = ['--datadir', dir, 'account', 'import', '--lightkdf', '--password', password, keyFile];
    execFileSync(binary, words, { env, stdio: 'ignore' });
  }
}

function spawnNode(
  binary: string,
  plan: NodePlan,
  consensus: GoQuorumConsensus,
  isOld: boolean,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const { dir, p2p, raft, rpc, address } = plan;
  const apis = 'admin,eth,net,web3,raft,txpool,personal,istanbul,clique';
  const http = isOld
    ? ['--rpc', '--rpcaddr', '127.0.0.1', '--rpcport', String(rpc), '--rpcapi', apis]
    : ['--http', '--http.addr', '127.0.0.1', '--http.port', String(rpc), '--http.api', apis];
  const engine = {
    raft: ['--raft', '--raftport', String(raft), '--raftblocktime', '50'],
    ibft: ['--mine', '--miner.threads', '1', '--syncmode', 'full'],
    qbft: ['--mine', '--miner.threads', '1', '--syncmode', 'full'],
    clique: ['--mine', '--miner.threads', '1', '--syncmode', 'full'],
  }[consensus];
  if (consensus === 'clique') {
    engine.push('--unlock', `0x${bytesToHex(address)}`, '--password', join(dir, 'password'));
    engine.push('--miner.etherbase', `0x${bytesToHex(address)}`);
  }
  const log = openSync(join(dir, 'log'), 'a');
  const child = spawn(
    binary,
    // biome-ignore format: flag and value
    ['--datadir', dir, '--nodiscover', '--networkid', '10', '--port', String(p2p), '--nat', 'none',
      ...engine, ...http, '--allow-insecure-unlock', '--lightkdf', '--ipcdisable', '--verbosity', '2'],
    { env, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  return child;
}
