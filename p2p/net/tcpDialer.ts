import { setMaxListeners } from 'node:events';
import type { ByteStream, Clock, ConnectFailure, Random, Sockets } from '../ports.ts';
import type { HeaderWants, RlpxCode, RlpxOutcome } from '../protocol/rlpxOutcome.ts';
import { RlpxSession, type RlpxSessionLimits } from '../protocol/rlpxSession.ts';
import { WireError } from '../wire/errors.ts';
import type { EthVersion } from '../wire/ethStatus.ts';
import type { NodeContact, NodeEndpoint } from '../wire/nodeEndpoint.ts';
import type { Curve } from '../wire/secp256k1.ts';
import { pumpSession } from './pumpSession.ts';

/** Our identity in RLPx sessions, and what sessions need. */
export interface RlpxIdentity {
  readonly curve: Curve;
  readonly random: Random;
  readonly clock: Clock;
  readonly sockets: Sockets;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  readonly clientName: string;
  /** As announced in Hello; 0 = not listening. */
  readonly listenPort: number;
  /** What our Hello offers; by default all versions that we can read. */
  readonly ethVersions?: readonly EthVersion[];
  readonly limits?: Partial<RlpxSessionLimits>;
}

export interface DialDeps extends RlpxIdentity {
  /** Local address to dial from; chosen by the system if left out. */
  readonly localAddress?: string;
  readonly connectTimeoutMs?: number;
}

export interface DialPlan {
  readonly headers: HeaderWants;
}

/** A live node answers a SYN well within this; a firewalled one never does. */
const defaultConnectTimeoutMs = 5_000;

/**
 * Dials a node and holds one session with it. Never rejects: what went wrong is the outcome's code, and an abort
 * of `signal` is the code `aborted`.
 */
export async function dial(
  contact: Pick<NodeContact, 'id' | 'ip' | 'tcp'>,
  plan: DialPlan,
  deps: DialDeps,
  signal: AbortSignal,
): Promise<RlpxOutcome> {
  const { clock } = deps;
  const { id } = contact;
  // One signal ends all dials of a crawl. A listener for each dial is no leak, because each dial removes its own.
  setMaxListeners(0, signal);
  const startedAt = clock.now();
  const reached = await connectTo(contact, deps, signal);
  if ('code' in reached) return notConnected(reached.code, id, clock.now() - startedAt);
  const connectedAt = clock.now();
  const session = createSession(id, plan, deps, connectedAt);
  if (session === null) {
    reached.stream.destroy();
    return notConnected('authFailed', id, clock.now() - startedAt);
  }
  const outcome = await pumpSession(reached.stream, session, { clock, signal });
  return afterConnect(outcome, connectedAt - startedAt);
}

/** null = the node ID is not a point on the curve, so no key belongs to it. */
function createSession(remoteId: Uint8Array, plan: DialPlan, deps: DialDeps, now: number): RlpxSession | null {
  try {
    return new RlpxSession({ ...deps, role: { at: 'initiator', remoteId }, headers: plan.headers }, now);
  } catch (error) {
    if (error instanceof WireError && error.code === 'curveKey') return null;
    throw error;
  }
}

function connectTo(
  { ip, tcp }: Pick<NodeEndpoint, 'ip' | 'tcp'>,
  { clock, sockets, localAddress, connectTimeoutMs = defaultConnectTimeoutMs }: DialDeps,
  signal: AbortSignal,
): Promise<{ readonly stream: ByteStream } | { readonly code: RlpxCode }> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ code: 'aborted' });
      return;
    }
    const address = { ip, port: tcp, ...(localAddress === undefined ? {} : { localAddress }) };
    const giveUp = sockets.connectTcp(address, (result) =>
      settle(typeof result === 'string' ? { code: connectCode(result) } : { stream: result }),
    );
    const cancelTimer = clock.after(connectTimeoutMs, () => {
      giveUp();
      settle({ code: 'dialTimeout' });
    });
    function settle(result: { readonly stream: ByteStream } | { readonly code: RlpxCode }): void {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    }
    function onAbort(): void {
      giveUp();
      settle({ code: 'aborted' });
    }
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function connectCode(failure: ConnectFailure): RlpxCode {
  switch (failure) {
    case 'refused':
      return 'dialRefused';
    case 'reset':
      return 'closedEarly';
    case 'timedOut':
      return 'dialTimeout';
    case 'unreachable':
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
