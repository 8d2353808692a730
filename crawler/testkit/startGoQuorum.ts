import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '../wire/bytes.ts';
import { keccak256 } from '../wire/keccak.ts';
import { chooseCurve } from '../wire/secp256k1.ts';

export interface GoQuorumNode {
  readonly raftId: number;
  readonly nodeId: string;
  readonly rpcUrl: string;
  readonly probeUrl: string;
  /** SIGSTOP and SIGCONT: it keeps its connections and says nothing. */
  freeze(): void;
  thaw(): void;
}

export interface GoQuorumCluster {
  readonly nodes: readonly GoQuorumNode[];
  stop(): Promise<void>;
}

/**
 * Starts a real Raft cluster on loopback. Its Raft servers bind every address, without a password: a network namespace
 * of its own suits it best. Rejects when the binary does not take the flags of any release that we know.
 */
export async function startGoQuorum(binary: string, size: number): Promise<GoQuorumCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-goquorum-'));
  const ports = await freePorts(size * 3);
  const curve = await chooseCurve();
  const plans = Array.from({ length: size }, (_, index) => {
    const key = keccak256(new TextEncoder().encode(`forkscope goquorum ${index}`));
    const [p2p = 0, raft = 0, rpc = 0] = ports.slice(index * 3);
    return {
      raftId: index + 1,
      key,
      nodeId: bytesToHex(curve.publicKey(key)),
      p2p,
      raft,
      rpc,
      dir: join(folder, `n${index + 1}`),
    };
  });
  const enodes = plans.map(({ nodeId, p2p, raft }) => `enode://${nodeId}@127.0.0.1:${p2p}?discport=0&raftport=${raft}`);
  const genesisFile = join(folder, 'genesis.json');
  writeFileSync(genesisFile, JSON.stringify(genesis));
  const env = { ...process.env, PRIVATE_CONFIG: 'ignore' };
  const isOld = !/--http\.api/.test(execFileSync(binary, ['help'], { encoding: 'utf8', env }));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const { dir, key, p2p, raft, rpc } of plans) {
      mkdirSync(join(dir, 'geth'), { recursive: true });
      writeFileSync(join(dir, 'geth', 'nodekey'), bytesToHex(key));
      writeFileSync(join(dir, 'static-nodes.json'), JSON.stringify(enodes));
      execFileSync(binary, ['--datadir', dir, 'init', genesisFile], { env, stdio: 'ignore' });
      const apis = 'admin,eth,net,web3,raft,txpool';
      const http = isOld
        ? ['--rpc', '--rpcaddr', '127.0.0.1', '--rpcport', String(rpc), '--rpcapi', apis]
        : ['--http', '--http.addr', '127.0.0.1', '--http.port', String(rpc), '--http.api', apis];
      children.push(
        spawn(
          binary,
          // biome-ignore format: flag and value
          ['--datadir', dir, '--nodiscover', '--networkid', '10', '--port', String(p2p), '--nat', 'none',
            '--raft', '--raftport', String(raft), '--raftblocktime', '50', ...http, '--ipcdisable', '--verbosity', '1'],
          { env, stdio: 'ignore' },
        ),
      );
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes: plans.map(({ raftId, nodeId, rpc, raft }, index) => ({
      raftId,
      nodeId,
      rpcUrl: `http://127.0.0.1:${rpc}/`,
      probeUrl: `http://127.0.0.1:${raft}`,
      freeze: () => void children[index]?.kill('SIGSTOP'),
      thaw: () => void children[index]?.kill('SIGCONT'),
    })),
    stop,
  };
}

const genesis = {
  alloc: {},
  coinbase: `0x${'00'.repeat(20)}`,
  config: {
    chainId: 10,
    homesteadBlock: 0,
    eip150Block: 0,
    eip155Block: 0,
    eip158Block: 0,
    byzantiumBlock: 0,
    constantinopleBlock: 0,
    petersburgBlock: 0,
    istanbulBlock: 0,
    isQuorum: true,
    maxCodeSizeConfig: [{ block: 0, size: 35 }],
  },
  difficulty: '0x0',
  extraData: `0x${'00'.repeat(32)}`,
  gasLimit: '0xE0000000',
  mixhash: `0x${'00'.repeat(32)}`,
  nonce: '0x0',
  parentHash: `0x${'00'.repeat(32)}`,
  timestamp: '0x00',
};

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    ports.push(typeof address === 'object' && address !== null ? address.port : 0);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
