import type {
  HeadEvidence,
  HelloEvidence,
  RlpxEvidence,
  StatusEvidence,
  StaysEvidence,
  TcpEvidence,
} from '../chains/diagnose/evidence.ts';
import { displayText } from '../lib/displayText.ts';
import { wallTime } from '../lib/wallTime.ts';
import { pumpSession } from '../p2p/net/pumpSession.ts';
import type { ByteStream, ConnectFailure, SocketAddress } from '../p2p/ports.ts';
import type { RlpxOutcome } from '../p2p/protocol/rlpxOutcome.ts';
import { RlpxSession } from '../p2p/protocol/rlpxSession.ts';
import { decodeHeader } from '../p2p/wire/blockHeader.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { WireError } from '../p2p/wire/errors.ts';
import { type EthVersion, negotiateEth, offeredEthVersions } from '../p2p/wire/ethStatus.ts';
import type { ProbeWorld } from './probeWorld.ts';

export interface SessionFindings {
  readonly tcp: TcpEvidence;
  readonly rlpx: RlpxEvidence;
  readonly hello: HelloEvidence;
  readonly status: StatusEvidence;
  readonly stays: StaysEvidence;
  readonly head: HeadEvidence;
}

interface SessionPlan {
  /** null = no key is known: TCP is opened and nothing sent. */
  readonly id: Uint8Array | null;
  readonly key: Uint8Array;
  readonly clientName: string;
  /** What our Hello offers; null = all that we can read. */
  readonly ethVersions: readonly EthVersion[] | null;
  /** How long to stay connected after the Status. */
  readonly stayMs: number;
}

const connectMs = 6_500;
const skipped = { at: 'skipped' } as const;
const nothing = { rlpx: skipped, hello: skipped, status: skipped, stays: skipped, head: skipped } as const;

/** One dial: TCP, RLPx, Hello, Status, and whether it lets us stay. Never rejects. */
export async function holdSession(
  to: SocketAddress,
  plan: SessionPlan,
  world: ProbeWorld,
  signal: AbortSignal,
): Promise<SessionFindings> {
  const { clock } = world;
  const startedAt = clock.now();
  const reached = await connectTo(to, world);
  if (typeof reached === 'string') {
    if (reached === 'reset')
      return { ...nothing, tcp: { at: 'open', ms: elapsed() }, rlpx: { at: 'closed', ms: elapsed() } };
    return { ...nothing, tcp: { at: reached } };
  }
  const tcpMs = elapsed();
  const tcp = { at: 'open', ms: tcpMs } as const;
  const session = plan.id === null ? null : openSession(plan.id, plan, world);
  if (session === null) {
    reached.destroy();
    return { ...nothing, tcp };
  }
  const outcome = await pumpSession(reached, session, { clock, signal });
  const keyedMs = session.keyedMs;
  return { tcp, ...readOutcome(outcome, keyedMs, tcpMs, plan, wallTime(clock)) };

  function elapsed(): number {
    return Math.round(clock.now() - startedAt);
  }
}

/** null = the ID is no key on the curve. */
function openSession(remoteId: Uint8Array, plan: SessionPlan, world: ProbeWorld): RlpxSession | null {
  const { curve, random, clock } = world;
  try {
    return new RlpxSession(
      {
        curve,
        random,
        privateKey: plan.key,
        role: { at: 'initiator', remoteId },
        clientName: plan.clientName,
        listenPort: 0,
        headers: [{ by: 'head' }],
        stayMs: plan.stayMs,
        ...(plan.ethVersions === null ? {} : { ethVersions: plan.ethVersions }),
        limits: { authMs: 6_500, sessionMs: 30_000 + plan.stayMs },
      },
      clock.now(),
    );
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function connectTo(to: SocketAddress, { clock, sockets }: ProbeWorld): Promise<ByteStream | ConnectFailure> {
  return new Promise((resolve) => {
    const giveUp = sockets.connectTcp(to, (result) => {
      cancel();
      resolve(result);
    });
    const cancel = clock.after(connectMs, () => {
      giveUp();
      resolve('timedOut');
    });
  });
}

/** The outcome of a session, told apart more finely than the crawl needs it. Times count from the dial. */
function readOutcome(
  outcome: RlpxOutcome,
  keyedMs: number | null,
  tcpMs: number,
  plan: Pick<SessionPlan, 'ethVersions'>,
  now: number,
): Omit<SessionFindings, 'tcp'> {
  const endMs = Math.round(outcome.timings.totalMs + tcpMs);
  const at = (ms: number | null): number => Math.round((ms ?? 0) + tcpMs);
  if (keyedMs === null) return { ...nothing, rlpx: readNoAck(outcome, endMs) };
  const rlpx = { at: 'acked', ms: at(keyedMs) } as const;
  if (outcome.hello === null) return { ...nothing, rlpx, hello: readEnd(outcome, endMs) };
  const { clientName, capabilities } = outcome.hello;
  const hello: HelloEvidence = {
    at: 'read',
    client: displayText(clientName),
    capabilities: capabilities.map(({ name, version }) => `${displayText(name)}/${version}`),
    sharedEth: negotiateEth(plan.ethVersions ?? offeredEthVersions, capabilities),
    ms: at(outcome.timings.helloMs),
  };
  if (outcome.status === null) {
    const status = hello.sharedEth === null ? skipped : readEnd(outcome, endMs);
    return { ...nothing, rlpx, hello, status };
  }
  const { networkId, genesisHash, forkId } = outcome.status;
  const status: StatusEvidence = {
    at: 'read',
    networkId,
    genesisHash: bytesToHex(genesisHash),
    forkId: forkId === null ? null : { hash: bytesToHex(forkId.hash), next: forkId.next },
    ms: at(outcome.timings.statusMs),
  };
  return { rlpx, hello, status, stays: readStay(outcome, endMs - status.ms), head: readHead(outcome, now) };
}

function readNoAck({ code }: RlpxOutcome, ms: number): RlpxEvidence {
  if (code === 'closedEarly') return { at: 'closed', ms };
  return code === 'authTimeout' || code === 'aborted' ? { at: 'silent' } : { at: 'garbled' };
}

/** How it ended before what was waited for came. */
function readEnd({ code, remoteReason }: RlpxOutcome, ms: number) {
  switch (code) {
    case 'closedEarly':
      return { at: 'closed', ms } as const;
    case 'disconnected':
      return { at: 'disconnected', reason: remoteReason, ms } as const;
    case 'helloTimeout':
    case 'statusTimeout':
    case 'sessionTimeout':
    case 'aborted':
      return { at: 'silent' } as const;
    default:
      return { at: 'garbled' } as const;
  }
}

function readStay({ code, remoteReason }: RlpxOutcome, ms: number): StaysEvidence {
  if (code === 'closedEarly') return { at: 'closed', ms };
  return code === 'disconnected' ? { at: 'disconnected', reason: remoteReason, ms } : { at: 'stayed', ms };
}

function readHead({ status, headers }: RlpxOutcome, now: number): HeadEvidence {
  const raw = headers.find(({ want }) => want.by === 'head')?.headers[0];
  const header = raw === undefined ? null : decodeHeader(raw);
  const number = header?.number ?? status?.headNumber ?? null;
  if (number === null) return { at: 'unanswered' };
  return { at: 'read', number, ageMs: header === null ? null : now - headerMs(header.timestamp) };
}

/** GoQuorum's Raft counts nanoseconds. */
function headerMs(timestamp: bigint): number {
  return timestamp > 10n ** 15n ? Number(timestamp / 1_000_000n) : Number(timestamp) * 1_000;
}
