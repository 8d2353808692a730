import { get } from 'node:http';
import type { Clock } from '../../p2p/ports.ts';
import { isRecord } from './parseNode.ts';

/** Probes a node's Raft port without RPC: whether it is there, and what time it has. */
export type ProbeOutcome = { readonly at: 'alive'; readonly offsetMs: number } | { readonly at: 'silent' };

const maxBodyBytes = 4096;

/**
 * GET /raft/probing. The offset is the node's clock minus ours, taken at the middle of the exchange; half the round
 * trip is its error. Never rejects.
 */
export function probeClock(
  baseUrl: string,
  timeoutMs: number,
  clock: Pick<Clock, 'now' | 'after'>,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const silent = (): void => resolve({ at: 'silent' });
    const sentAt = clock.now();
    const request = get(new URL('/raft/probing', baseUrl), { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > maxBodyBytes) request.destroy();
      });
      response.on('end', () => {
        const at = readNow(body);
        if (response.statusCode !== 200 || at === null) silent();
        else resolve({ at: 'alive', offsetMs: at - (sentAt + clock.now()) / 2 });
      });
      response.on('error', silent);
    });
    const cancelDeadline = clock.after(timeoutMs, () => request.destroy());
    request.on('error', silent);
    request.on('close', () => {
      cancelDeadline();
      silent();
    });
  });
}

function readNow(body: string): number | null {
  try {
    const value: unknown = JSON.parse(body);
    if (!isRecord(value) || value.OK !== true || typeof value.Now !== 'string') return null;
    const at = Date.parse(value.Now);
    return Number.isNaN(at) ? null : at;
  } catch {
    return null;
  }
}
