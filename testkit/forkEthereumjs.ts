import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { hexToBytes } from '../p2p/wire/bytes.ts';
import { endChild } from './endChild.ts';
import type { EthereumjsDial, EthereumjsPeerEvent, EthereumjsPeerOptions } from './ethereumjsPeer.ts';

export interface EthereumjsPeer {
  readonly id: Uint8Array;
  readonly events: readonly EthereumjsPeerEvent[];
  /** The first event of a type, past or to come; rejects after 20 s. */
  event<T extends EthereumjsPeerEvent['type']>(type: T): Promise<EthereumjsPeerEvent & { type: T }>;
  dial(to: EthereumjsDial): void;
  stop(): Promise<void>;
}

/** Starts a real EthereumJS peer in a process of its own and waits until it listens. */
export async function forkEthereumjs(options: EthereumjsPeerOptions): Promise<EthereumjsPeer> {
  const script = join(packageRoot, 'dist/testkit/ethereumjsPeer.js');
  const child: ChildProcess = fork(script, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const events: EthereumjsPeerEvent[] = [];
  child.on('message', (event: EthereumjsPeerEvent) => events.push(event));
  const isOf =
    <T extends EthereumjsPeerEvent['type']>(type: T) =>
    (event: EthereumjsPeerEvent): event is EthereumjsPeerEvent & { type: T } =>
      event.type === type;
  async function event<T extends EthereumjsPeerEvent['type']>(type: T): Promise<EthereumjsPeerEvent & { type: T }> {
    const signal = AbortSignal.timeout(20_000);
    for (;;) {
      const found = events.find(isOf(type));
      if (found !== undefined) return found;
      await once(child, 'message', { signal });
    }
  }
  const ready = await event('ready');
  return {
    id: hexToBytes(ready.id),
    events,
    event,
    dial: (to) => child.send(to),
    stop: () => endChild(child),
  };
}
