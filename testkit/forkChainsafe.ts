import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { endChild } from './endChild.ts';

interface ChainsafeOptions {
  /** Two octets of their addresses: `127.31` for 127.31.0.1 and so on. */
  readonly prefix: string;
  readonly port: number;
  readonly count: number;
}

/** The first peer asks this node: PING, its record, FINDNODE of these distances, and TALKREQ. */
interface ChainsafeAsk {
  readonly enr: string;
  readonly distances: readonly number[];
}

type ChainsafeEvent =
  | { readonly type: 'ready'; readonly enrs: readonly string[] }
  | {
      readonly type: 'asked';
      readonly pong: { readonly enrSeq: string; readonly port: number };
      readonly own: readonly string[];
      readonly found: readonly string[];
      readonly talk: string;
    }
  | { readonly type: 'failed'; readonly reason: string };

export interface ChainsafePeers {
  readonly enrs: readonly string[];
  /** The first of them asks a node; rejects when something went unanswered. */
  ask(question: ChainsafeAsk): Promise<ChainsafeEvent & { readonly type: 'asked' }>;
  stop(): Promise<void>;
}

/** Starts real discv5 peers of ChainSafe in a process of their own and waits until they listen. */
export async function forkChainsafe(options: ChainsafeOptions): Promise<ChainsafePeers> {
  const script = join(packageRoot, 'testkit/chainsafePeers.mjs');
  const child: ChildProcess = fork(script, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const next = async (): Promise<ChainsafeEvent> => {
    const [event] = await once(child, 'message', { signal: AbortSignal.timeout(30_000) });
    return event;
  };
  const ready = await next();
  if (ready.type !== 'ready') throw new Error(`the peers did not start: ${JSON.stringify(ready)}`);
  return {
    enrs: ready.enrs,
    async ask(question) {
      child.send(question);
      const event = await next();
      if (event.type !== 'asked') throw new Error(JSON.stringify(event));
      return event;
    },
    stop: () => endChild(child),
  };
}
