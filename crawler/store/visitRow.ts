import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import type { ParsedClient, VisitBlock, VisitCode, VisitRecord, VisitStage } from '../crawl/visit.ts';

/**
 * What is written about a visit: flat, without the neighbours and headers that came with it, and plain JSON (hashes and
 * keys in hex, 64-bit numbers as decimal text), so that it can wait in memory or on disk.
 */
export interface VisitRow {
  readonly key: string;
  readonly id: string;
  readonly ip: string;
  readonly udp: number;
  readonly tcp: number;
  readonly direction: 'outbound' | 'inbound';
  readonly at: number;
  readonly tookMs: number;
  readonly stage: VisitStage;
  readonly code: VisitCode;
  readonly remoteReason: number | null;
  readonly wireCode: string | null;
  readonly rttMs: number | null;
  /** Accepted records; null = none were requested. */
  readonly neighbours: number | null;
  readonly enr: { readonly seq: string; readonly text: string } | null;
  /** Whether it answered by each; null = it was not asked. Missing from what an older version left on disk. */
  readonly answers?: VisitRecord['outcome']['answers'];
  /** How far its clock was ahead, seconds; null = right. Missing from what an older version left on disk. */
  readonly clockSkewS?: number | null;
  readonly hello: {
    readonly capabilities: readonly string[];
    readonly listenPort: number;
    /** Missing from what an older version left on disk. */
    readonly shortened?: boolean;
  } | null;
  readonly client: ParsedClient | null;
  readonly crawler?: boolean;
  /** Missing from what an older version left on disk. */
  readonly layer?: VisitRecord['layer'];
  readonly consensus?: VisitRecord['consensus'];
  readonly recordClient?: VisitRecord['recordClient'];
  readonly status: {
    readonly ethVersion: number;
    readonly networkId: string;
    readonly genesisHash: string;
    readonly headHash: string | null;
    readonly headNumber: string | null;
    readonly earliestNumber: string | null;
    readonly totalDifficulty: string | null;
  } | null;
  readonly network: VisitRecord['network'];
  readonly forkId: { readonly hash: string; readonly next: string } | null;
  readonly forkSource?: VisitRecord['forkSource'];
  readonly forkClass: string | null;
  /** The three that follow are missing from what an older version left on disk. */
  readonly headAt?: number | null;
  readonly synced?: boolean | null;
  readonly blocks?: readonly (Omit<VisitBlock, 'height' | 'time'> & {
    readonly height: string;
    /** Missing from what an older version left on disk. */
    readonly time?: number | null;
  })[];
  readonly dueAt: number;
  readonly failures: number;
}

export function toVisitRow(record: VisitRecord): VisitRow {
  const { outcome, network, forkId, forkSource, forkClass, client, crawler, headAt, synced, blocks, dueAt, failures } =
    record;
  const { layer, consensus, recordClient } = record;
  const { contact, enr, hello, status } = outcome;
  const clockSkewMs = outcome.pong?.clockSkewMs ?? null;
  return {
    key: outcome.key,
    id: bytesToHex(contact.id),
    ip: contact.ip,
    udp: contact.udp,
    tcp: contact.tcp,
    direction: outcome.direction,
    at: outcome.startedAt,
    tookMs: Math.max(0, Math.round(outcome.tookMs)),
    stage: outcome.stage,
    code: outcome.code,
    remoteReason: outcome.remoteReason,
    wireCode: outcome.wireCode,
    rttMs: outcome.pong === null ? null : Math.max(0, Math.round(outcome.pong.rttMs)),
    neighbours: outcome.neighbours === null ? null : outcome.neighbours.named,
    enr: enr === null ? null : { seq: enr.seq.toString(), text: enr.text },
    answers: outcome.answers,
    clockSkewS: clockSkewMs === null ? null : Math.round(clockSkewMs / 1_000),
    hello:
      hello === null
        ? null
        : {
            capabilities: readCapabilities(hello.capabilities),
            listenPort: hello.listenPort,
            shortened: hello.shortened,
          },
    client,
    crawler: crawler ?? false,
    layer: layer ?? null,
    consensus: consensus ?? null,
    recordClient: recordClient ?? null,
    status:
      status === null
        ? null
        : {
            ethVersion: status.ethVersion,
            networkId: status.networkId.toString(),
            genesisHash: bytesToHex(status.genesisHash),
            headHash: status.headHash === null ? null : bytesToHex(status.headHash),
            headNumber: status.headNumber?.toString() ?? null,
            earliestNumber: status.earliestNumber?.toString() ?? null,
            totalDifficulty: status.totalDifficulty?.toString() ?? null,
          },
    network,
    forkId: forkId === null ? null : { hash: bytesToHex(forkId.hash), next: forkId.next.toString() },
    forkSource,
    forkClass,
    headAt,
    synced,
    blocks: blocks.map((block) => ({ ...block, height: block.height.toString() })),
    dueAt: dueAt,
    failures,
  };
}

/** As many as the table takes. */
const maxCapabilities = 64;

function readCapabilities(list: readonly { readonly name: string; readonly version: number }[]): string[] {
  return list.slice(0, maxCapabilities).map(({ name, version }) => `${name}/${version}`);
}

/** Numbers beyond 2^53 are decimal text in a row. */
export function toBigint(text: string | null | undefined): bigint | null {
  return text === null || text === undefined ? null : BigInt(text);
}

/** Bytes are hex in a row. */
export function toBytes(hex: string | null | undefined): Uint8Array | null {
  return hex === null || hex === undefined ? null : hexToBytes(hex);
}
