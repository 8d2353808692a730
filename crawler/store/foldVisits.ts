import { visitStages } from '../crawl/visit.ts';
import type { VisitRow } from './visitRow.ts';

/** Everything that a batch of visits says about one node, each fact from the newest visit that has it. Times in ms. */
export interface NodeUpdate {
  readonly id: string;
  /** The newest visit: stage, code, address tried, schedule. */
  newest: VisitRow;
  /** The newest visit that we made: it alone sets the schedule. */
  outbound: VisitRow | null;
  firstAt: number;
  /** The later of the two that follow. */
  aliveAt: number | null;
  discv4At: number | null;
  discv5At: number | null;
  /** Of the PONG at `aliveAt`. */
  clockSkewS: number | null;
  /** It was asked for a PONG, answered or not. */
  pingedAt: number | null;
  /** It was looked whether it can be reached: it was dialled, or there was nothing to dial. */
  dialledAt: number | null;
  reachableAt: number | null;
  inboundAt: number | null;
  identifiedAt: number | null;
  statusAt: number | null;
  /** Newest visit that proves an address, by a PONG or else by a handshake. */
  proof: VisitRow | null;
  hello: VisitRow | null;
  status: VisitRow | null;
  /** Whose Status came with the number of its head, else the newest: up to eth/68 that number takes an answered header. */
  head: VisitRow | null;
  network: VisitRow | null;
  fork: VisitRow | null;
  enr: VisitRow | null;
  layer: VisitRow | null;
  /** Sequence number of the record that came with the newest Status: later ones are newer than it. */
  enrBase: string | null;
  /** The first visit of its own in which it waited for our Status and sent none; null if it sent one since. */
  silentAt: number | null;
}

/**
 * One update per node, in the order of their IDs: a statement may change a row only once, and two crawlers that lock rows
 * in the same order cannot block each other for good.
 */
export function foldVisits(visits: readonly VisitRow[]): NodeUpdate[] {
  const byId = new Map<string, NodeUpdate>();
  for (const visit of visits.toSorted((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))) {
    const { id, at } = visit;
    const update = byId.get(id) ?? emptyUpdate(visit);
    byId.set(id, update);
    update.newest = visit;
    if (visit.direction === 'outbound') update.outbound = visit;
    if (isAlive(visit)) {
      update.aliveAt = at;
      if (visit.answers?.discv5 === true) update.discv5At = at;
      if (visit.answers?.discv5 !== true || visit.answers.discv4 === true) update.discv4At = at;
      update.clockSkewS = visit.clockSkewS ?? null;
    }
    if (wasPinged(visit)) update.pingedAt = at;
    if (wasDialled(visit) ? !wasCutShort(visit) : nothingToDial.has(visit.code)) update.dialledAt = at;
    if (isReachable(visit)) update.reachableAt = at;
    if (isInbound(visit)) update.inboundAt = at;
    if (isAlive(visit) || (update.aliveAt === null && hasHandshake(visit))) update.proof = visit;
    if (visit.hello !== null) {
      update.identifiedAt = at;
      update.hello = visit;
    }
    if (visit.status !== null) {
      update.statusAt = at;
      update.status = visit;
      if (visit.status.headNumber !== null || update.head?.status?.headNumber == null) update.head = visit;
    }
    // A Status outranks an ENR, however new the ENR.
    if (visit.network !== null && (visit.network.source === 'status' || update.network?.network?.source !== 'status')) {
      update.network = visit;
    }
    followFork(update, visit);
    if (isSilent(visit)) update.silentAt ??= at;
    if (visit.layer != null) update.layer = visit;
    if (visit.enr !== null && BigInt(visit.enr.seq) >= BigInt(update.enr?.enr?.seq ?? 0)) update.enr = visit;
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A record says something new beside a Status only if it was written after it, as its sequence number tells. */
function followFork(update: NodeUpdate, visit: VisitRow): void {
  const seq = visit.enr?.seq ?? null;
  if (visit.status !== null) {
    update.enrBase = seq;
    if (visit.forkId !== null) update.fork = visit;
  } else if (update.status === null) {
    if (visit.forkId !== null) update.fork = visit;
  } else if (update.enrBase === null) {
    update.enrBase = seq;
  } else if (visit.forkId !== null && seq !== null && BigInt(seq) > BigInt(update.enrBase)) {
    update.fork = visit;
  }
}

/** Where a visit has its fork ID from. */
export function forkSourceOf(visit: VisitRow): 'status' | 'enr' {
  return visit.forkSource ?? (visit.status === null ? 'enr' : 'status');
}

export interface EndpointUpdate {
  readonly id: string;
  readonly ip: string;
  readonly udp: number;
  readonly tcp: number | null;
  readonly source: 'pong' | 'dial' | 'inbound';
  readonly at: number;
  readonly pongAt: number | null;
  readonly handshakeAt: number | null;
}

/** Addresses that the visits prove. A visit that proves nothing says nothing about addresses. */
export function foldEndpoints(visits: readonly VisitRow[]): EndpointUpdate[] {
  const byKey = new Map<string, EndpointUpdate>();
  for (const visit of visits) {
    if (!isAlive(visit) && !hasHandshake(visit)) continue;
    const { id, ip, udp, at } = visit;
    const key = `${id} ${ip} ${udp}`;
    const known = byKey.get(key);
    byKey.set(key, {
      id,
      ip,
      udp,
      tcp: tcpPort(visit) ?? known?.tcp ?? null,
      source: known?.source ?? (visit.direction === 'inbound' ? 'inbound' : isAlive(visit) ? 'pong' : 'dial'),
      at: Math.max(at, known?.at ?? 0),
      pongAt: isAlive(visit) ? Math.max(at, known?.pongAt ?? 0) : (known?.pongAt ?? null),
      handshakeAt: hasHandshake(visit) ? Math.max(at, known?.handshakeAt ?? 0) : (known?.handshakeAt ?? null),
    });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, update]) => update);
}

export interface ReachabilityUpdate {
  readonly id: string;
  /** The newest visit that we made. */
  readonly visitedAt: number | null;
  readonly aliveAt: number | null;
  readonly dialledAt: number | null;
  readonly reachableAt: number | null;
  readonly inboundAt: number | null;
}

export function foldReachability(visits: readonly VisitRow[]): ReachabilityUpdate[] {
  const byId = new Map<string, ReachabilityUpdate>();
  for (const visit of visits) {
    if (visit.direction === 'inbound' && !isInbound(visit)) continue;
    const known = byId.get(visit.id);
    const newest = (is: boolean, before: number | null | undefined) =>
      is ? Math.max(visit.at, before ?? 0) : (before ?? null);
    byId.set(visit.id, {
      id: visit.id,
      visitedAt: newest(visit.direction === 'outbound', known?.visitedAt),
      aliveAt: newest(isAlive(visit), known?.aliveAt),
      dialledAt: newest(wasDialled(visit), known?.dialledAt),
      reachableAt: newest(isReachable(visit), known?.reachableAt),
      inboundAt: newest(isInbound(visit), known?.inboundAt),
    });
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Its own listening port: the one in its Hello if it dialled us, because its source port is another one. */
export function tcpPort(visit: VisitRow): number | null {
  const port = visit.direction === 'inbound' ? (visit.hello?.listenPort ?? visit.tcp) : visit.tcp;
  return port > 0 && port <= 65_535 ? port : null;
}

function emptyUpdate(visit: VisitRow): NodeUpdate {
  return {
    id: visit.id,
    newest: visit,
    outbound: null,
    firstAt: visit.at,
    aliveAt: null,
    discv4At: null,
    discv5At: null,
    clockSkewS: null,
    pingedAt: null,
    dialledAt: null,
    reachableAt: null,
    inboundAt: null,
    identifiedAt: null,
    statusAt: null,
    proof: null,
    hello: null,
    status: null,
    head: null,
    network: null,
    fork: null,
    enr: null,
    layer: null,
    enrBase: null,
    silentAt: null,
  };
}

const rank = Object.fromEntries(visitStages.map((stage, index) => [stage, index])) as Record<VisitRow['stage'], number>;

function isAlive(visit: VisitRow): boolean {
  return visit.rttMs !== null;
}
function hasHandshake(visit: VisitRow): boolean {
  return rank[visit.stage] >= rank.auth;
}
function isReachable(visit: VisitRow): boolean {
  return visit.direction === 'outbound' && hasHandshake(visit);
}
function isInbound(visit: VisitRow): boolean {
  return visit.direction === 'inbound' && hasHandshake(visit);
}
/** It dialled us and spoke eth, then waited for a Status of ours: whoever serves the chain sends its own at once. */
function isSilent(visit: VisitRow): boolean {
  return visit.direction === 'inbound' && visit.code === 'statusTimeout';
}
function wasDialled(visit: VisitRow): boolean {
  return visit.direction === 'outbound' && (rank[visit.stage] >= rank.tcp || dialFailures.has(visit.code));
}

const dialFailures: ReadonlySet<string> = new Set(['dialTimeout', 'dialRefused', 'dialUnreachable']);

function wasPinged(visit: VisitRow): boolean {
  return isAlive(visit) || (visit.direction === 'outbound' && visit.udp > 0 && !unasked.has(visit.code));
}

/** We ended it ourselves before the node had its time to answer. */
function wasCutShort(visit: VisitRow): boolean {
  return visit.code === 'aborted' && !hasHandshake(visit);
}

/** Visits that ended before the node could answer. */
const unasked: ReadonlySet<string> = new Set(['aborted', 'addressRefused']);
/** It was asked first, and has no open port, or is silent. Codes of outbound visits alone. */
const nothingToDial: ReadonlySet<string> = new Set(['pingTimeout', 'notDialled']);
