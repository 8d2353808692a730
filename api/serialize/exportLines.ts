import { toIso } from '../../lib/time.ts';
import type { ExportFormat, Node } from '../contract/nodes.ts';
import type { NodeRow } from '../queries/selectNodes.ts';
import { toHex } from './toHex.ts';

/** A file with a beginning, one piece per node, and an end. */
export interface ExportWriter {
  readonly begin: string;
  /** Text of a node; null = it cannot be written in this format. `first` marks the first one that can. */
  write(node: Node, row: NodeRow, first: boolean): string | null;
  readonly end: string;
}

const columns = {
  id: (node: Node) => node.id,
  enode: (node: Node) => node.enode,
  ip: (node: Node) => node.ip,
  udp: (node: Node) => String(node.udp),
  tcp: (node: Node) => String(node.tcp),
  populations: (node: Node) => node.populations.join(' '),
  first_seen_at: (node: Node) => node.firstSeenAt,
  last_alive_at: (node: Node) => node.lastAliveAt,
  last_reachable_at: (node: Node) => node.lastReachableAt,
  last_identified_at: (node: Node) => node.lastIdentifiedAt,
  client_name: (node: Node) => node.client?.name,
  client_version: (node: Node) => node.client?.version,
  client_os: (node: Node) => node.client?.os,
  client_arch: (node: Node) => node.client?.arch,
  client_language: (node: Node) => node.client?.language,
  client_raw: (node: Node) => node.client?.raw,
  capabilities: (node: Node) => node.capabilities.join(' '),
  network: (node: Node) => node.network?.slug,
  network_source: (node: Node) => node.network?.source,
  network_id: (node: Node) => node.networkId,
  genesis_hash: (node: Node) => node.genesisHash,
  fork_hash: (node: Node) => node.forkId?.hash,
  fork_next: (node: Node) => node.forkId?.next,
  fork_class: (node: Node) => node.forkClass,
  head_at: (node: Node) => node.headAt,
  synced: (node: Node) => node.synced?.toString(),
  earliest_block: (node: Node) => node.earliestBlock,
  head_number: (node: Node) => node.headNumber,
} as const satisfies Record<string, (node: Node) => string | null | undefined>;

export const exportWriters: Readonly<Record<ExportFormat, ExportWriter>> = {
  csv: {
    begin: `${Object.keys(columns).join(',')}\r\n`,
    write: (node) =>
      `${Object.values(columns)
        .map((column) => csvField(column(node) ?? ''))
        .join(',')}\r\n`,
    end: '',
  },
  ndjson: { begin: '', write: (node) => `${JSON.stringify(node)}\n`, end: '' },
  json: { begin: '{', write: nodeSetEntry, end: '\n}\n' },
};

/** RFC 4180. Peers choose some of these texts, and spreadsheets run text that begins like a formula. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** An entry of geth's node set, a map by node ID hash. `seq` is an unsigned 64-bit JSON number, so it is inserted as text. */
function nodeSetEntry(node: Node, row: NodeRow, first: boolean): string | null {
  if (node.ip === '') return null;
  const fields = [
    `"seq": ${row.enrSeq ?? 0n}`,
    `"record": ${JSON.stringify(row.enr ?? node.enode)}`,
    `"score": ${scoreOf(node)}`,
    `"firstResponse": "${toIso(row.firstSeen)}"`,
    `"lastResponse": "${toIso(row.lastAlive ?? row.firstSeen)}"`,
    `"lastCheck": "${toIso(row.lastVisit ?? row.firstSeen)}"`,
  ];
  const body = fields.map((field) => `        ${field}`).join(',\n');
  return `${first ? '' : ','}\n    "${toHex(row.idHash)}": {\n${body}\n    }`;
}

function scoreOf({ populations }: Node): number {
  if (populations.includes('identified')) return 3;
  if (populations.includes('reachable')) return 2;
  return populations.includes('alive') ? 1 : 0;
}
