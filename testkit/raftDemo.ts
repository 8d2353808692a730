import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isRecord } from '../consortium/ask/parseNode.ts';
import { type RaftCluster, startRaftCluster } from './raftCluster.ts';
import type { RaftFault } from './raftModel.ts';

export interface RaftDemoOptions {
  readonly seed: number;
  /** Called with each message that the notifier sends, as it would appear in a chat. */
  readonly onMessage: (text: string) => void;
  /** When, after the start, the first churn begins. */
  readonly churnAfterMs?: number;
}

/** What the raft process needs to watch the demo; both values go into its configuration as they are. */
export interface RaftDemo {
  /** For `raftClusters`. */
  readonly raftClusters: readonly object[];
  /** For `notifyTargets`. */
  readonly notifyTargets: readonly object[];
  close(): Promise<void>;
}

const cycleMs = 5 * 60_000;
/** Length of the scenario; afterwards the clusters are quiet. */
const cycles = 48;
const tickMs = 40;
const maxMessageBytes = 64 * 1024;

/**
 * Two mock clusters on loopback that live in real time, and an inbox for what the notifier sends. One cluster churns
 * for a while in every five minutes, then a node is cut off and comes back; the other is quiet, but one of its
 * endpoints is no node at all.
 */
export async function startRaftDemo(options: RaftDemoOptions): Promise<RaftDemo> {
  const { seed, onMessage, churnAfterMs = 15_000 } = options;
  const startAt = Date.now();
  const churning = await startRaftCluster({ seed, nodes: 5, faults: demoFaults(churnAfterMs) }, { startAt });
  const quiet = await startRaftCluster({ seed: seed + 1, nodes: 3, faults: sends() }, { startAt });
  const inbox = createServer((request, response) => {
    void readText(request).then((text) => {
      if (text !== null) onMessage(text);
      response.writeHead(text === null ? 400 : 200).end();
    });
  });
  const stranger = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Log in</title></html>');
  });
  const inboxUrl = await listen(inbox);
  const strangerUrl = await listen(stranger);
  let playing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    const ms = Date.now() - startAt;
    playing = playing.then(() => Promise.all([churning.playTo(ms), quiet.playTo(ms)]));
  }, tickMs);
  return {
    raftClusters: [
      {
        name: 'demo-consortium',
        intervalMs: 1_000,
        timeoutMs: 500,
        // The usual quarter of an hour is too long for a demo.
        churnWindowMs: 60_000,
        churnThreshold: 4,
        endpoints: endpointsOf(churning, ['amber', 'birch', 'cedar', 'dune', 'ember']),
      },
      {
        name: 'demo-quiet',
        intervalMs: 5_000,
        endpoints: [...endpointsOf(quiet, ['north', 'east', 'south']), { name: 'portal', url: strangerUrl }],
      },
    ],
    notifyTargets: [{ name: 'demo-chat', kind: 'slack', url: inboxUrl }],
    async close() {
      clearInterval(timer);
      await playing;
      await Promise.all([churning.close(), quiet.close(), stop(inbox), stop(stranger)]);
    },
  };
}

function demoFaults(churnAfterMs: number): readonly RaftFault[] {
  const faults = Array.from({ length: cycles }, (_, cycle): RaftFault[] => {
    const at = cycle * cycleMs + churnAfterMs;
    return [
      { at, kind: 'churn', everyMs: 3_000, forMs: 30_000 },
      { at: at + 120_000, kind: 'isolate', node: 'leader' },
      { at: at + 135_000, kind: 'healAll' },
      { at: at + 180_000, kind: 'freeze', node: 'follower' },
      { at: at + 190_000, kind: 'thaw', node: 'follower' },
    ];
  });
  return [...faults.flat(), ...sends()];
}

/** A transaction now and then, so that blocks are minted and show their minters. */
function sends(): readonly RaftFault[] {
  const everyMs = 5_000;
  return Array.from({ length: (cycles * cycleMs) / everyMs }, (_, index): RaftFault => {
    return { at: 4_000 + index * everyMs, kind: 'send', transactions: 2 };
  });
}

function endpointsOf(cluster: RaftCluster, names: readonly string[]): readonly object[] {
  return cluster.urls.map((url, index) => ({
    name: names[index] ?? `n${index + 1}`,
    url,
    probeUrl: url.replace(/\/$/, ''),
  }));
}

async function readText(request: IncomingMessage): Promise<string | null> {
  let body = '';
  try {
    for await (const chunk of request) {
      body += String(chunk);
      if (body.length > maxMessageBytes) return null;
    }
    const message: unknown = JSON.parse(body);
    return isRecord(message) && typeof message.text === 'string' ? message.text : null;
  } catch {
    return null;
  }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address !== 'object' || address === null) reject(new Error('no port'));
      else resolve(`http://127.0.0.1:${address.port}/`);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
