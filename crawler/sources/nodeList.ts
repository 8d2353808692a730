import { readTable } from './nodeTable.ts';

/**
 * How a file lists nodes. `list`: nodes that its author vouches for (static-nodes.json, trusted-nodes.json,
 * permissioned-nodes.json, a configuration, lines of URLs). `nodeSet`: what a crawl found (geth's nodes.json). `table`: CSV.
 */
type NodeListFormat = 'list' | 'nodeSet' | 'table';

export interface NodeList {
  readonly format: NodeListFormat;
  /** Each as it is written there, one that is no node too. Each once. */
  readonly nodes: readonly string[];
}

/** Whatever the format, a text that is meant as a list of nodes. Pure; it never throws, and what is no node stays as it is. */
export function readNodeList(text: string): NodeList {
  const json = parseJson(text);
  const set = nodeSetOf(json);
  if (set !== null) return listOf('nodeSet', set);
  const texts = textsOf(json);
  if (texts !== null) return listOf('list', texts);
  const table = json === undefined ? readTable(text) : null;
  if (table !== null) return listOf('table', table);
  return listOf('list', urlsIn(text));
}

function listOf(format: NodeListFormat, nodes: readonly string[]): NodeList {
  return { format, nodes: [...new Set(nodes)] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** geth's node set (`devp2p nodeset`, `devp2p dns sync`, our own export): a map from node ID hash to `{record, …}`. */
function nodeSetOf(json: unknown): string[] | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const entries = Object.entries(json);
  if (entries.length === 0 || !entries.every(([key]) => /^[0-9a-f]{64}$/i.test(key))) return null;
  return entries.map(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && 'record' in value && typeof value.record === 'string'
      ? value.record
      : key,
  );
}

/** The texts of a JSON list: each is meant as a node, so one that is none is named as it stands. */
function textsOf(json: unknown): string[] | null {
  if (!Array.isArray(json) || json.some((item) => typeof item === 'object')) return null;
  return json.flatMap((item: unknown) => (typeof item === 'string' && item.trim() !== '' ? item : []));
}

/**
 * URLs in quotes or between spaces: JSON with comments, without its brackets, or with a list under a name (Besu's and
 * Nethermind's files), TOML (geth's dumpconfig, Besu's permissions), Go, YAML, lines.
 */
function urlsIn(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    if (/^\s*(#|\/\/|;|--)/.test(line)) return [];
    return (line.match(/(enode:\/\/|enr:|enrtree:\/\/)[^\s"'`,;<>()]+/gi) ?? []).map((url) =>
      url.replace(/(?<![:\d])\]$/, ''),
    );
  });
}
