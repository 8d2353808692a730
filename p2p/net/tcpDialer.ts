import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Clock, Random } from '../ports.ts';
import type { HeaderWant, RlpxCode, RlpxOutcome } from '../protocol/rlpxOutcome.ts';
import { RlpxSession, type RlpxSessionLimits } from '../protocol/rlpxSession.ts';
import { WireError } from '../wire/errors.ts';
import type { EthVersion } from '../wire/ethStatus.ts';
import type { Curve } from '../wire/secp256k1.ts';
import { pumpSession, type SocketTap } from './pumpSession.ts';

/** Who we are in RLPx sessions, and what making them needs. */
export interface RlpxIdentity {
  readonly curve: Curve;
  readonly random: Random;
  readonly clock: Clock;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  readonly clientName: string;
  /** As announced in Hello; 0 = not listening. */
  readonly listenPort: number;
  /** What our Hello offers; all versions that we read when left out. */
  readonly ethVersions?: readonly EthVersion[];
  readonly limits?: Partial<RlpxSessionLimits>;
}

export interface DialDeps extends RlpxIdentity {
  /** Local address to dial from; the system chooses when left out. */
  readonly localAddress?: string;
  readonly connectTimeoutMs?: number;
}

export interface DialPlan {
  readonly headers: readonly HeaderWant[];
}

/** A live node answers a SYN well within this; a firewalled one never does. */
export const defaultConnectTimeoutMs = 5_000;

/** One for all sockets: without it each read takes 64 KiB of its own. What is in it is copied before the next read. */
const readBuffer = new Uint8Array(65_536);

/**
 * Dials a node and holds one session with it. Never rejects: what went wrong is the outcome's code, and an abort
 * of `signal` is the code `aborted`.
 */
export async function dial(
  endpoint: { readonly ip: string; readonly tcp: number },
  nodeId: Uint8Array,
  plan: DialPlan,
  deps: DialDeps,
  signal: AbortSignal,
): Promise<RlpxOutcome> {
  const { clock } = deps;
  // One signal ends all dials of a crawl: a listener each is no leak, and each takes its own away.
  setMaxListeners(0, signal);
  const startedAt = clock.now();
  const reached = await connectTo(endpoint, deps, signal);
  if ('code' in reached) return notConnected(reached.code, nodeId, clock.now() - startedAt);
  const connectedAt = clock.now();
  const session = createSession(nodeId, plan, deps, connectedAt);
  if (session === null) {
    reached.socket.destroy();
    return notConnected('authFailed', nodeId, clock.now() - startedAt);
  }
  const outcome = await pumpSession(reached.socket, session, { now: () => clock.now(), signal, tap: reached.tap });
  return afterConnect(outcome, connectedAt - startedAt);
}

/** null = the node ID is no point on the curve, so no key belongs to it. */
function createSession(nodeId: Uint8Array, plan: DialPlan, deps: DialDeps, now: number): RlpxSession | null {
  try {
    return new RlpxSession({ ...deps, role: { at: 'initiator', remoteId: nodeId }, headers: plan.headers }, now);
  } catch (error) {
    if (error instanceof WireError && error.code === 'curveKey') return null;
    throw error;
  }
}

function connectTo(
  endpoint: { readonly ip: string; readonly tcp: number },
  deps: DialDeps,
  signal: AbortSignal,
): Promise<{ readonly socket: Socket; readonly tap: SocketTap } | { readonly code: RlpxCode }> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ code: 'aborted' });
      return;
    }
    const tap: SocketTap = { take: () => {} };
    const socket = connect({
      host: endpoint.ip,
      port: endpoint.tcp,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          tap.take(readBuffer.subarray(0, length));
          return true;
        },
      },
      ...(deps.localAddress === undefined ? {} : { localAddress: deps.localAddress }),
    });
    const timer = setTimeout(() => fail('dialTimeout'), deps.connectTimeoutMs ?? defaultConnectTimeoutMs);
    function settle(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('connect', onConnect);
    }
    function fail(code: RlpxCode): void {
      settle();
      // A late error of a socket that is being destroyed concerns nobody.
      socket.on('error', () => {});
      socket.destroy();
      resolve({ code });
    }
    function onConnect(): void {
      settle();
      resolve({ socket, tap });
    }
    function onError(error: NodeJS.ErrnoException): void {
      fail(connectCode(error.code));
    }
    function onAbort(): void {
      fail('aborted');
    }
    socket.once('error', onError);
    socket.once('connect', onConnect);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function connectCode(errno: string | undefined): RlpxCode {
  switch (errno) {
    case 'ECONNREFUSED':
      return 'dialRefused';
    // A refusal of the SYN is the case above: this one was accepted, then reset before we were told.
    case 'ECONNRESET':
      return 'closedEarly';
    case 'ETIMEDOUT':
      return 'dialTimeout';
    default:
      return 'dialUnreachable';
  }
}

function notConnected(code: RlpxCode, remoteId: Uint8Array, totalMs: number): RlpxOutcome {
  return {
    direction: 'outbound',
    stage: code === 'closedEarly' ? 'tcp' : 'none',
    code,
    identityProven: false,
    remoteId,
    remoteReason: null,
    wireCode: null,
    hello: null,
    status: null,
    headers: [],
    blockRange: null,
    ignoredMessages: 0,
    timings: { tcpMs: null, authMs: null, helloMs: null, statusMs: null, totalMs },
  };
}

/** Times of a session count from its connection; those of a dial from its start. */
function afterConnect(outcome: RlpxOutcome, tcpMs: number): RlpxOutcome {
  const { authMs, helloMs, statusMs, totalMs } = outcome.timings;
  const later = (ms: number | null) => (ms === null ? null : ms + tcpMs);
  return {
    ...outcome,
    timings: {
      tcpMs,
      authMs: later(authMs),
      helloMs: later(helloMs),
      statusMs: later(statusMs),
      totalMs: totalMs + tcpMs,
    },
  };
}
