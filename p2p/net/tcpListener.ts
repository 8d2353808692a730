import { setMaxListeners } from 'node:events';
import { hostKey } from '../../lib/ipAddress.ts';
import { RateLimiter } from '../../lib/rateLimiter.ts';
import type { ByteStream, SocketAddress } from '../ports.ts';
import type { HeaderWants, RlpxOutcome } from '../protocol/rlpxOutcome.ts';
import { RlpxSession } from '../protocol/rlpxSession.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { pumpSession } from './pumpSession.ts';
import type { RlpxIdentity } from './tcpDialer.ts';

/**
 * A session that a peer began, and that proved its key. The address is the source of the connection: its port is the
 * peer's ephemeral one, never one to dial.
 */
export interface InboundSession extends SocketAddress {
  readonly outcome: RlpxOutcome;
  /** Public key, 64 bytes. */
  readonly remoteId: Uint8Array;
}

export interface ListenerLimits {
  /** Most sessions at a time, with any peers. */
  readonly maxSessions: number;
  /** Connections accepted at once from one IP (IPv6: /64), and as many more in each `perIpMs`. */
  readonly perIp: number;
  readonly perIpMs: number;
  /** Whole sessions held at once with one key, and as many more in each `perKeyMs`; some peers reconnect many times a second. */
  readonly perKey: number;
  readonly perKeyMs: number;
  /** IPs and keys remembered for these limits. */
  readonly maxRemembered: number;
}

const defaultListenerLimits: ListenerLimits = {
  maxSessions: 256,
  perIp: 10,
  perIpMs: 60_000,
  perKey: 3,
  perKeyMs: 600_000,
  maxRemembered: 20_000,
};

export interface ListenOptions extends RlpxIdentity {
  /** Address to bind to; an IPv6 address accepts only IPv6. */
  readonly ip: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly headers: HeaderWants;
  readonly listenerLimits?: Partial<ListenerLimits>;
  /** Called once for each session with a proven key, when it has ended. */
  readonly onSession: (session: InboundSession) => void;
}

/** How the listener has dealt with connections since it began. */
interface ListenerCounts {
  accepted: number;
  /** Turned away before a byte was read. */
  refusedFull: number;
  refusedIp: number;
  /** Closed after the peer proved a key that has been here too often. */
  refusedKey: number;
  /** Ended without a proven key. */
  unproven: number;
}

export interface TcpListener {
  readonly local: SocketAddress;
  readonly counts: Readonly<ListenerCounts>;
  readonly openSessions: number;
  /** Stops accepting, leaves every session, and resolves when all sockets are gone. */
  close(): Promise<void>;
}

/** Accepts RLPx sessions until `close`, or until `signal` aborts. Rejects when the address cannot be bound. */
export async function listenTcp(options: ListenOptions, signal: AbortSignal): Promise<TcpListener> {
  const limits = { ...defaultListenerLimits, ...options.listenerLimits };
  const ips = limiter(limits.perIp, limits.perIpMs, limits.maxRemembered);
  const keys = limiter(limits.perKey, limits.perKeyMs, limits.maxRemembered);
  const counts: ListenerCounts = { accepted: 0, refusedFull: 0, refusedIp: 0, refusedKey: 0, unproven: 0 };
  const stop = new AbortController();
  // A listener for each open session, taken away when it ends.
  setMaxListeners(0, stop.signal);
  let streams = 0;
  let open = 0;

  function refuses(ip: string, now: number): 'refusedFull' | 'refusedIp' | null {
    // Lingering streams hold descriptors too: a flood of short sessions must not accumulate them.
    if (open >= limits.maxSessions || streams >= limits.maxSessions * 2) return 'refusedFull';
    return ips.allows(hostKey(ip), now) ? null : 'refusedIp';
  }

  async function serve(stream: ByteStream): Promise<void> {
    const { ip, port } = stream.remote;
    const now = options.clock.now();
    const refusal = refuses(ip, now);
    if (refusal !== null) {
      counts[refusal] += 1;
      stream.reset();
      return;
    }
    counts.accepted += 1;
    streams += 1;
    open += 1;
    let welcome = true;
    const session = new RlpxSession({ ...options, role: { at: 'responder' } }, now);
    const outcome = await pumpSession(stream, session, {
      clock: options.clock,
      signal: stop.signal,
      onGone: () => {
        streams -= 1;
      },
      onProven: (remoteId) => {
        welcome = keys.allows(bytesToHex(remoteId), options.clock.now());
        if (!welcome) counts.refusedKey += 1;
        return welcome;
      },
    });
    open -= 1;
    if (!outcome.identityProven || outcome.remoteId === null) counts.unproven += 1;
    else if (welcome) options.onSession({ outcome, remoteId: outcome.remoteId, ip, port });
  }

  const server = await options.sockets.listenTcp({
    ip: options.ip,
    port: options.port,
    accept: (stream) => void serve(stream),
  });
  async function close(): Promise<void> {
    signal.removeEventListener('abort', onAbort);
    stop.abort();
    await server.close();
  }
  function onAbort(): void {
    void close();
  }
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) await close();
  return {
    local: server.local,
    counts,
    get openSessions() {
      return open;
    },
    close,
  };
}

function limiter(count: number, ms: number, maxKeys: number): RateLimiter {
  return new RateLimiter({ burst: count, perSecond: (count * 1_000) / ms }, maxKeys);
}
