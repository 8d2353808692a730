/** Starts the real @ethereumjs/client on a private chain, on a loopback address of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packageRoot } from '../../lib/packageRoot.ts';
import { endChild } from '../../testkit/endChild.ts';

export interface PrivateClient extends AsyncDisposable {
  readonly id: string;
  readonly ip: string;
  readonly port: number;
}

/** geth-format genesis of the private chain; its fork ID is d2c23c2e/1893456000. */
export const privateChain = {
  networkId: 777_001n,
  genesisHash: '07152715c013913e4d629ca8463b9c7d6e007af910b9df01231336dc68b9f6d1',
  forkHash: 'd2c23c2e',
  forkNext: 1_893_456_000n,
  genesis: {
    config: {
      chainId: 777001,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      berlinBlock: 0,
      londonBlock: 0,
      mergeNetsplitBlock: 0,
      shanghaiTime: 0,
      cancunTime: 0,
      pragueTime: 1893456000,
      terminalTotalDifficulty: 0,
      terminalTotalDifficultyPassed: true,
      depositContractAddress: '0x00000000219ab540356cbb839cbe05303d7705fa',
      blobSchedule: {
        cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 },
        prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
      },
    },
    nonce: '0x0',
    timestamp: '0x65000000',
    extraData: '0x',
    gasLimit: '0x1c9c380',
    difficulty: '0x0',
    mixHash: `0x${'0'.repeat(64)}`,
    coinbase: `0x${'0'.repeat(40)}`,
    alloc: { '0x71562b71999873db5b286df957af199ec94617f7': { balance: '0x3635c9adc5dea00000' } },
    number: '0x0',
    gasUsed: '0x0',
    parentHash: `0x${'0'.repeat(64)}`,
    baseFeePerGas: '0x3b9aca00',
  },
} as const;

const startTimeoutMs = 60_000;

export async function startPrivateClient(options: {
  readonly ip: string;
  readonly port: number;
  /** Another genesis file in place of the private chain's. */
  readonly genesis?: object;
}): Promise<PrivateClient> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-ejs-'));
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  writeFileSync(join(folder, 'genesis.json'), JSON.stringify(options.genesis ?? privateChain.genesis));
  const preload = pathToFileURL(fileURLToPath(new URL('./bindLoopback.js', import.meta.url))).href;
  const child = spawn(
    process.execPath,
    [
      '--import',
      preload,
      join(packageRoot, 'node_modules/@ethereumjs/client/dist/esm/bin/cli.js'),
      `--gethGenesis=${join(folder, 'genesis.json')}`,
      `--dataDir=${dataDir}`,
      `--port=${options.port}`,
      `--extIP=${options.ip}`,
      '--discV4=true',
      '--discDns=false',
      '--logFile=false',
      '--logLevel=info',
      '--maxPeers=50',
    ],
    { env: { ...process.env, BIND_IP: options.ip }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-8_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const stop = async (): Promise<void> => {
    await endChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const id = await enodeId(join(dataDir, 'genesis', 'rlpx'), child, () => output);
    return { id, ip: options.ip, port: options.port, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The client writes its enode to a file once it listens. */
async function enodeId(file: string, child: ChildProcess, output: () => string): Promise<string> {
  const end = Date.now() + startTimeoutMs;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the client ended with ${child.exitCode}: ${output()}`);
    try {
      const [, id] = /enode:\/\/([0-9a-f]{128})@/.exec(readFileSync(file, 'utf8')) ?? [];
      if (id !== undefined) return id;
    } catch {
      // The file does not exist yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the client did not start in ${startTimeoutMs} ms: ${output()}`);
}
