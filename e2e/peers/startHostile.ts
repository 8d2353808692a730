import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endChild } from '../../testkit/endChild.ts';
import type { HostilePeer, startHostilePeers } from '../../testkit/hostilePeers.ts';

export interface HostileProcess extends AsyncDisposable {
  readonly peers: readonly HostilePeer[];
  /** IDs of those that have told their lie to somebody. */
  told(): Promise<ReadonlySet<string>>;
}

/** Starts liars in a process of their own; resolves when they are up and have introduced themselves. */
export async function startHostile(options: Parameters<typeof startHostilePeers>[1]): Promise<HostileProcess> {
  const script = fileURLToPath(new URL('./hostileProcess.js', import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const answer = (): Promise<{ peers?: readonly HostilePeer[]; told?: readonly string[] }> =>
    new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as { peers?: readonly HostilePeer[] }));
      child.once('exit', (code) => reject(new Error(`the liars ended with ${code}`)));
    });
  const { peers = [] } = await answer();
  return {
    peers,
    told: async () => {
      child.send('told');
      return new Set((await answer()).told);
    },
    [Symbol.asyncDispose]: () => endChild(child),
  };
}
