import { windowMs } from '../../lib/countWindows.ts';
import { displayText } from '../../lib/displayText.ts';
import { subnetKey } from '../../lib/ipAddress.ts';
import { toIso } from '../../lib/time.ts';
import { type ForkClass, forkClasses } from '../contract/common.ts';
import type { Node, NodeResponse } from '../contract/nodes.ts';
import type { EndpointRow, VisitRow } from '../queries/selectNode.ts';
import type { NodeRow } from '../queries/selectNodes.ts';
import { populationsOf } from './populations.ts';
import { toHex } from './toHex.ts';

/** Longest piece of a client string and of a capability that is shown, in characters. */
const maxClient = 256;
const maxCapability = 64;

export function toNode(row: NodeRow, { now, maskIps }: { now: number; maskIps: boolean }): Node {
  const id = toHex(row.id);
  const ip = row.ip ?? '';
  const ports = { udp: row.udp ?? 0, tcp: row.tcp ?? 0 };
  return {
    id,
    idHash: toHex(row.idHash),
    enode: ip === '' || maskIps ? `enode://${id}` : toEnode(id, ip, ports),
    ip: maskIps ? maskIp(ip) : ip,
    ...ports,
    populations: populationsOf(row, new Date(now - windowMs.day)),
    firstSeenAt: toIso(row.firstSeen),
    lastAliveAt: toIso(row.lastAlive),
    lastReachableAt: toIso(row.lastReachable),
    lastIdentifiedAt: toIso(row.lastIdentified),
    client: toClient(row),
    capabilities: (row.capabilities ?? []).map((capability) => displayText(capability, maxCapability)),
    helloShortened: row.helloShortened,
    clockSkewMs: toMs(row.clockSkewS),
    network:
      row.networkSource === null
        ? null
        : {
            slug: row.network,
            source: row.networkSource,
            ambiguous: row.networkAmbiguous,
            candidates: [...(row.networkCandidates ?? [])],
            relative: row.networkRelative,
            otherNetworkId: row.otherNetworkId,
          },
    crawler: row.crawler,
    foundBy: [...row.foundBy],
    lastDiscv4At: toIso(row.lastDiscv4),
    lastDiscv5At: toIso(row.lastDiscv5),
    layer: row.layer,
    consensus:
      row.consensusDigest === null
        ? null
        : {
            network: row.consensusNetwork,
            digest: `0x${toHex(row.consensusDigest)}`,
            readiness: row.consensusReadiness ?? 'unknown',
          },
    recordClient: shown(row.recordClient),
    networkId: decimal(row.networkId),
    genesisHash: row.genesisHash === null ? null : `0x${toHex(row.genesisHash)}`,
    forkId:
      row.forkHash === null || row.forkNext === null
        ? null
        : { hash: `0x${toHex(row.forkHash)}`, next: String(row.forkNext) },
    forkClass: toForkClass(row.forkClass),
    forkSource: row.forkSource,
    forkAt: toIso(row.forkAt),
    headNumber: decimal(row.headNumber),
    headAt: toIso(row.headAt),
    synced: row.synced,
    earliestBlock: decimal(row.earliestBlock),
    lastVisit:
      row.lastVisit === null
        ? null
        : {
            at: toIso(row.lastVisit),
            stage: row.lastStage ?? 'none',
            code: row.lastCode ?? 'none',
            remoteReason: row.lastRemoteReason,
          },
  };
}

export function toEndpoint(row: EndpointRow, maskIps: boolean): NodeResponse['endpoints'][number] {
  return {
    ip: maskIps ? maskIp(row.ip) : row.ip,
    udp: row.udp,
    tcp: row.tcp ?? 0,
    source: row.source,
    firstSeenAt: toIso(row.firstSeen),
    lastPongAt: toIso(row.lastPong),
  };
}

export function toVisit(row: VisitRow, maskIps: boolean): NodeResponse['visits'][number] {
  const { key, direction, vantage, stage, code, remoteReason, tookMs, clockSkewS } = row;
  const ip = row.ip ?? '';
  return {
    key: key.replaceAll('-', ''),
    at: toIso(row.at),
    direction,
    vantage,
    ip: maskIps ? maskIp(ip) : ip,
    stage,
    code,
    remoteReason,
    tookMs,
    clockSkewMs: toMs(clockSkewS),
  };
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000;
}

/** The /24 (v6 /48) of an address. */
function maskIp(ip: string): string {
  return subnetKey(ip) ?? '';
}

function toEnode(id: string, ip: string, { udp, tcp }: { udp: number; tcp: number }): string {
  const host = ip.includes(':') ? `[${ip}]` : ip;
  return `enode://${id}@${host}:${tcp}${udp === tcp ? '' : `?discport=${udp}`}`;
}

function toClient(row: NodeRow): Node['client'] {
  if (row.clientRaw === null || row.clientName === null) return null;
  return {
    raw: displayText(row.clientRaw, maxClient),
    name: displayText(row.clientName, maxClient),
    version: shown(row.clientVersion),
    os: shown(row.clientOs),
    arch: shown(row.clientArch),
    language: shown(row.clientLanguage),
  };
}

function shown(text: string | null): string | null {
  return text === null ? null : displayText(text, maxClient);
}

function toForkClass(text: string | null): ForkClass | null {
  return forkClasses.find((known) => known === text) ?? null;
}

function decimal(value: bigint | null): string | null {
  return value === null ? null : String(value);
}
