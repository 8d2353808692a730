import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { keccak256 } from '../p2p/wire/keccak.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { endChild } from './endChild.ts';
import { freePorts } from './freePorts.ts';

/** A member of a private chain: a real geth. */
interface ChainGeth {
  /** enode URL on 127.0.0.1, with which it answers discv4 and RLPx. */
  readonly enode: string;
  /** Public key in hex. */
  readonly id: string;
}

/** A private chain of real geth nodes, and the consensus layer that they have in the test. */
export interface GethChain {
  readonly nodes: readonly ChainGeth[];
  /** `0x…`, as they computed it. */
  readonly genesisHash: string;
  readonly head: number;
  /** Makes blocks, one after the other, and has every node that can follow them. */
  makeBlocks(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** The rules of a member, as in the `config` of a genesis file. */
type GethRules = Readonly<Record<string, number>>;

const secret = '11'.repeat(32);
const noHash = `0x${'00'.repeat(32)}`;

/**
 * Starts one geth for each set of rules, all with one genesis block and without peers; the first makes the blocks. Rejects
 * when one is not up in 90 s.
 */
export async function startGethChain(binary: string, rules: readonly GethRules[]): Promise<GethChain> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-geth-chain-'));
  writeFileSync(join(folder, 'jwt'), secret);
  const bornAt = Math.floor(Date.now() / 1_000) - 3_600;
  // BOUNDED: by the rules
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => endChild(child)));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const members = [];
    for (const [index, own] of rules.entries()) {
      const [port = 0, rpc = 0] = await freePorts(2);
      const dir = join(folder, `n${index}`);
      const genesis = join(folder, `genesis${index}.json`);
      writeFileSync(genesis, JSON.stringify(genesisOf(own, bornAt)));
      mkdirSync(join(dir, 'geth'), { recursive: true });
      writeFileSync(join(dir, 'geth', 'nodekey'), bytesToHex(keyOf(index)));
      await endOf(spawn(binary, ['init', '--datadir', dir, genesis], { stdio: 'ignore' }));
      // biome-ignore format: flag and value
      const child = spawn(binary, ['--datadir', dir, '--networkid', '1337', '--port', String(port), '--nat', 'extip:127.0.0.1',
        '--netrestrict', '127.0.0.0/8', '--bootnodes', '', '--discovery.dns', '', '--discovery.v5=false', '--maxpeers', '20',
        '--authrpc.port', String(rpc), '--authrpc.jwtsecret', join(folder, 'jwt'), '--ipcdisable', '--syncmode', 'full',
        '--cache', '16', '--verbosity', '1'], { stdio: 'ignore' });
      children.push(child);
      members.push({ port, rpc });
    }
    const asks = members.map(({ rpc }) => engineOf(rpc));
    await Promise.all(asks.map(isUp));
    const curve = await chooseCurve();
    const nodes = members.map(({ port }, index) => {
      const id = bytesToHex(curve.publicKey(keyOf(index)));
      return { id, enode: `enode://${id}@127.0.0.1:${port}` };
    });
    const [maker] = asks;
    if (maker === undefined) throw new Error('a chain has at least one node');
    const { hash } = (await maker('eth_getBlockByNumber', ['0x0', false])) as { hash: string };
    const shanghai = rules[0]?.shanghaiTime ?? Number.POSITIVE_INFINITY;
    let head = { hash, number: 0, time: bornAt };
    return {
      nodes,
      genesisHash: hash,
      get head() {
        return head.number;
      },
      makeBlocks: async (count) => {
        for (let made = 0; made < count; made++) {
          const now = Math.floor(Date.now() / 1_000);
          // Blocks of the past, until the fork by time has come.
          const time = now >= shanghai ? Math.max(now, head.time + 1) : head.time + 1;
          head = await makeBlock(asks, maker, head, { time, shanghai: time >= shanghai });
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

interface Head {
  readonly hash: string;
  readonly number: number;
  /** Seconds. */
  readonly time: number;
}

/** The maker builds a block; all are given it, and told that it is the head. Who cannot follow it stays behind. */
async function makeBlock(
  asks: readonly Ask[],
  maker: Ask,
  head: Head,
  { time, shanghai }: { readonly time: number; readonly shanghai: boolean },
): Promise<Head> {
  const state = { headBlockHash: head.hash, safeBlockHash: noHash, finalizedBlockHash: noHash };
  const attributes = {
    ...{ timestamp: hex(time), prevRandao: noHash, suggestedFeeRecipient: `0x${'00'.repeat(20)}` },
    ...(shanghai ? { withdrawals: [] } : {}),
  };
  const { payloadId } = (await maker('engine_forkchoiceUpdatedV2', [state, attributes])) as {
    payloadId: string | null;
  };
  if (payloadId === null) throw new Error('geth makes no block');
  const { executionPayload } = (await maker('engine_getPayloadV2', [payloadId])) as {
    executionPayload: { blockHash: string; blockNumber: string };
  };
  const { blockHash, blockNumber } = executionPayload;
  for (const ask of asks) {
    const refused = { status: 'REFUSED' };
    const answer = (await ask('engine_newPayloadV2', [executionPayload]).catch(() => refused)) as typeof refused;
    if (answer.status !== 'VALID') continue;
    await ask('engine_forkchoiceUpdatedV2', [{ ...state, headBlockHash: blockHash }, null]);
  }
  return { hash: blockHash, number: Number(blockNumber), time };
}

function genesisOf(rules: GethRules, bornAt: number) {
  const blocks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul'];
  const passed = [...blocks, 'berlin', 'london'].map((name) => [`${name}Block`, 0]);
  return {
    config: { chainId: 1_337, ...Object.fromEntries(passed), terminalTotalDifficulty: 0, ...rules },
    ...{ nonce: '0x0', timestamp: hex(bornAt), extraData: '0x', gasLimit: hex(30_000_000), difficulty: '0x0' },
    ...{ mixHash: noHash, coinbase: `0x${'00'.repeat(20)}`, alloc: {}, baseFeePerGas: hex(1_000_000_000) },
  };
}

/** The engine API of a node, with its token of the minute. */
function engineOf(port: number): Ask {
  return async (method, params) => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iat: Math.floor(Date.now() / 1_000) })}`;
    const mac = createHmac('sha256', Buffer.from(secret, 'hex')).update(unsigned).digest('base64url');
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${unsigned}.${mac}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
}

async function isUp(ask: Ask): Promise<void> {
  for (let i = 0; i < 180; i++) {
    try {
      await ask('eth_chainId', []);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  throw new Error('geth is not up');
}

function keyOf(index: number): Uint8Array {
  return keccak256(new TextEncoder().encode(`forkscope geth ${index}`));
}

async function endOf(child: ChildProcess): Promise<void> {
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`geth init ended with ${code}`);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
