import { entryName, formatBranch, formatTreeLink, signTreeRoot } from './dnsTree.ts';
import { type Enr, formatEnr } from './enr.ts';
import { idHash } from './nodeEndpoint.ts';
import type { Curve } from './secp256k1.ts';

/** As many as geth puts into a branch: 370 characters fit into a DNS packet of 512 bytes beside everything else. */
const maxChildren = 13;

export interface WrittenTree {
  /** `enrtree://KEY@domain`, by which others find it. */
  readonly url: string;
  /** Text by name, the domain itself first. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Makes and signs a tree (dnsdisc.md), in the shape that geth's `devp2p dns sign` gives it: records by node ID, 13
 * children a branch, so that the same nodes always make the same tree.
 */
export function writeDnsTree(
  curve: Curve,
  privateKey: Uint8Array,
  tree: {
    readonly domain: string;
    readonly seq: bigint;
    readonly records: readonly Enr[];
    /** `enrtree://…` of other trees. */
    readonly links: readonly string[];
  },
): WrittenTree {
  // BOUNDED: by the entries of this tree.
  const texts = new Map<string, string>();
  const records = tree.records
    .map((enr) => ({ hash: idHash(enr.id), text: formatEnr(enr) }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash))
    .map(({ text }) => text);
  const below: string[] = [];
  const roots = { records: build(records, below), links: build(tree.links, below) };
  const root = { records: entryName(roots.records), links: entryName(roots.links), seq: tree.seq };
  texts.set(tree.domain, signTreeRoot(curve, privateKey, root));
  for (const text of [roots.records, roots.links, ...below]) texts.set(`${entryName(text)}.${tree.domain}`, text);
  return { url: formatTreeLink(curve, curve.publicKey(privateKey), tree.domain), texts };
}

/** The text of the topmost entry; those below it are added to `below`. */
function build(entries: readonly string[], below: string[]): string {
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return only;
  if (entries.length <= maxChildren) {
    below.push(...entries);
    return formatBranch(entries.map(entryName));
  }
  const branches: string[] = [];
  for (let at = 0; at < entries.length; at += maxChildren)
    branches.push(build(entries.slice(at, at + maxChildren), below));
  return build(branches, below);
}
