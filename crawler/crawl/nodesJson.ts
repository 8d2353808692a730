import { toIso } from '../../lib/time.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';

/**
 * geth's node set file (`devp2p nodeset`, `devp2p dns`): a map from node ID hash (64 hex digits) to record and
 * score, four spaces of indent. Nodes without a signed record are written as an enode URL, which geth reads too.
 */
export interface NodeSetEntry {
  readonly idHash: Uint8Array;
  readonly seq: bigint;
  /** `enr:…` or `enode://…`. */
  readonly record: string;
  /** Visits in a row that succeeded; geth removes nodes at 0. */
  readonly score: number;
  /** ms since the epoch. */
  readonly firstResponseAt: number;
  readonly lastResponseAt: number;
  readonly lastCheckAt: number;
}

export function formatNodesJson(entries: Iterable<NodeSetEntry>): string {
  const sorted = [...entries]
    .map((entry) => [bytesToHex(entry.idHash), entry] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const nodes = sorted.map(([hash, entry]) => [
    hash,
    {
      seq: String(entry.seq),
      record: entry.record,
      score: entry.score,
      // RFC 3339 as Go's time.Time reads it.
      firstResponse: toIso(entry.firstResponseAt),
      lastResponse: toIso(entry.lastResponseAt),
      lastCheck: toIso(entry.lastCheckAt),
    },
  ]);
  const text = JSON.stringify(Object.fromEntries(nodes), null, 4);
  // geth's field is a uint64 as a JSON number; a peer may choose one beyond 2^53, which Number would garble.
  return `${text.replaceAll(/^( {8}"seq": )"(\d+)"/gm, '$1$2')}\n`;
}
