import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexToBytes } from '../p2p/wire/bytes.ts';

export interface Geth {
  /** Public key, 64 bytes. */
  readonly id: Uint8Array;
  readonly port: number;
  /** As geth itself reports it. */
  readonly version: string;
  /** Makes it dial a node, and keep trying. */
  addPeer(enode: string): void;
  removePeer(enode: string): void;
  stop(): Promise<void>;
}

/**
 * Starts a real geth on an empty mainnet data directory, with no peer outside 127.0.0.0/8; with discovery it has no
 * bootnodes.
 * It binds `port` on every address: a network namespace of its own suits it best. Rejects when it is not up in 90 s.
 */
export async function startGeth(
  binary: string,
  port: number,
  options: { readonly discovery?: boolean } = {},
): Promise<Geth> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-geth-'));
  const ipc = join(folder, 'geth.ipc');
  const discovery = options.discovery === true ? ['--bootnodes', '', '--discovery.dns', ''] : ['--nodiscover'];
  const child = spawn(
    binary,
    // biome-ignore format: flag and value
    ['--datadir', folder, ...discovery, '--port', String(port), '--maxpeers', '20', '--nat', 'none',
      '--netrestrict', '127.0.0.0/8', '--authrpc.port', String(port + 1), '--ipcpath', ipc, '--verbosity', '1'],
    { stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  function ask(expression: string): string {
    return execFileSync(binary, ['attach', '--exec', expression, ipc], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
  for (let i = 0; i < 180 && child.exitCode === null; i++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const id = idOf(ask);
    if (id === null) continue;
    return {
      id: hexToBytes(id),
      port,
      version: ask('admin.nodeInfo.name').trim().replaceAll('"', ''),
      addPeer: (enode) => void ask(`admin.addPeer("${enode}")`),
      removePeer: (enode) => void ask(`admin.removePeer("${enode}")`),
      stop,
    };
  }
  await stop();
  throw new Error(`${binary} is not up`);
}

function idOf(ask: (expression: string) => string): string | null {
  try {
    return /enode:\/\/([0-9a-f]{128})@/.exec(ask('admin.nodeInfo.enode'))?.[1] ?? null;
  } catch {
    // Its socket does not exist yet.
    return null;
  }
}
