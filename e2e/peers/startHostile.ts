import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { HostilePeer } from '../../crawler/testkit/hostilePeers.ts';

export interface HostileProcess extends AsyncDisposable {
  readonly peers: readonly HostilePeer[];
}

/** Starts liars in a process of their own; resolves when they are up and have introduced themselves. */
export async function startHostile(options: {
  readonly count: number;
  readonly second: number;
  readonly introduceTo?: { readonly ip: string; readonly port: number };
}): Promise<HostileProcess> {
  const { count, second, introduceTo } = options;
  const script = fileURLToPath(new URL('./hostileProcess.js', import.meta.url));
  const to = introduceTo === undefined ? [] : [introduceTo.ip, String(introduceTo.port)];
  const child = fork(script, [String(count), String(second), ...to], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const peers = await new Promise<readonly HostilePeer[]>((resolve, reject) => {
    child.once('message', (message) => resolve(message as readonly HostilePeer[]));
    child.once('exit', (code) => reject(new Error(`the liars ended with ${code}`)));
  });
  return {
    peers,
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
