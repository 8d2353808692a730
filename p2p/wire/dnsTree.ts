import { ForkscopeError } from '../../lib/errors.ts';
import { fromBase32, toBase32 } from './base32.ts';
import { equalBytes } from './bytes.ts';
import { type Enr, parseEnr } from './enr.ts';
import { WireError } from './errors.ts';
import { keccak256 } from './keccak.ts';
import type { Curve } from './secp256k1.ts';

/** Entries of a list of nodes in DNS: ethereum/devp2p dnsdisc.md (EIP-1459). Each is the text of one TXT record. */

/**
 * What is wrong with a tree or with a text that should be part of one. `syntax`: not of its form; `hash`: not the text that
 * its name promises; `signature`: not of the tree's key; `record`: not a valid node record; `sequence`: older than one that
 * was seen; `misplaced`: a node among links, or a link among nodes; `limit`: larger than any tree may be; `missing`:
 * its name has no such text; `unanswered`: no name server could tell.
 */
export class DnsTreeError extends ForkscopeError<DnsTreeErrorDetail> {}

export interface DnsTreeErrorDetail {
  readonly code: `tree${'Syntax' | 'Hash' | 'Signature' | 'Record' | 'Sequence' | 'Misplaced' | 'Limit' | 'Missing' | 'Unanswered'}`;
  readonly [detail: string]: string;
}

/** Largest text of an entry: a record of 300 bytes takes 404 characters, and geth's branches 370. */
const maxEntryChars = 1_024;
const rootPrefix = 'enrtree-root:v1';
const linkPrefix = 'enrtree://';
const branchPrefix = 'enrtree-branch:';
const hashBytes = 16;

/** Where a tree is, and whose it is. */
export interface TreeLink {
  readonly domain: string;
  /** 64 bytes. */
  readonly publicKey: Uint8Array;
  readonly text: string;
}

export interface TreeRoot {
  /** Names of the roots of both subtrees. */
  readonly records: string;
  readonly links: string;
  readonly seq: bigint;
  /** 65 bytes r‖s‖v. */
  readonly signature: Uint8Array;
}

export type TreeEntry =
  | { readonly kind: 'branch'; readonly children: readonly string[] }
  | { readonly kind: 'record'; readonly enr: Enr }
  | { readonly kind: 'link'; readonly link: TreeLink };

/** The name of an entry below its domain: 26 characters. */
export function entryName(text: string): string {
  return toBase32(keccak256(Buffer.from(text)).subarray(0, hashBytes));
}

/** `enrtree://KEY@domain`. @throws DnsTreeError treeSyntax */
export function parseTreeLink(curve: Curve, text: string): TreeLink {
  const [, key = '', domain = ''] = /^enrtree:\/\/([A-Z2-7]{53})@([A-Za-z0-9_.-]{1,253})$/.exec(text) ?? [];
  const compressed = fromBase32(key);
  if (compressed === null || domain === '') throw new DnsTreeError({ code: 'treeSyntax', entry: 'link' });
  try {
    return { domain: domain.toLowerCase(), publicKey: curve.decompress(compressed), text };
  } catch (cause) {
    if (cause instanceof WireError) throw new DnsTreeError({ code: 'treeSyntax', entry: 'link' }, undefined, { cause });
    throw cause;
  }
}

export function formatTreeLink(curve: Curve, publicKey: Uint8Array, domain: string): string {
  return `${linkPrefix}${toBase32(curve.compress(publicKey))}@${domain}`;
}

/** Reads a root and verifies that the owner of the tree signed it. @throws DnsTreeError treeSyntax, treeSignature */
export function parseTreeRoot(curve: Curve, text: string, publicKey: Uint8Array): TreeRoot {
  const pattern = /^enrtree-root:v1 e=([A-Z2-7]{1,60}) l=([A-Z2-7]{1,60}) seq=(\d{1,20}) sig=([A-Za-z0-9_-]{87})$/;
  const [, records = '', links = '', seq = '', sig = ''] = pattern.exec(text) ?? [];
  if (!isName(records) || !isName(links) || BigInt(seq || -1) < 0n) {
    throw new DnsTreeError({ code: 'treeSyntax', entry: 'root' });
  }
  const signature = Uint8Array.from(Buffer.from(sig, 'base64url'));
  const signed = text.slice(0, text.lastIndexOf(' sig='));
  if (!curve.verify(keccak256(Buffer.from(signed)), signature.subarray(0, 64), publicKey)) {
    throw new DnsTreeError({ code: 'treeSignature' });
  }
  return { records, links, seq: BigInt(seq), signature };
}

/** The text of a root, signed. */
export function signTreeRoot(
  curve: Curve,
  privateKey: Uint8Array,
  { records, links, seq }: Omit<TreeRoot, 'signature'>,
): string {
  const signed = `${rootPrefix} e=${records} l=${links} seq=${seq}`;
  const signature = curve.sign(keccak256(Buffer.from(signed)), privateKey);
  return `${signed} sig=${Buffer.from(signature).toString('base64url')}`;
}

/**
 * Reads any entry but a root. Its name is checked first: a prefix of its hash, 12 bytes or more.
 * @throws DnsTreeError treeSyntax, treeHash, treeRecord, treeLimit
 */
export function parseTreeEntry(curve: Curve, name: string, text: string): TreeEntry {
  if (text.length > maxEntryChars) throw new DnsTreeError({ code: 'treeLimit', of: 'entry' });
  if (!isHashOf(name, text)) throw new DnsTreeError({ code: 'treeHash', name });
  if (text.startsWith(linkPrefix)) return { kind: 'link', link: parseTreeLink(curve, text) };
  if (text.startsWith(branchPrefix)) {
    const list = text.slice(branchPrefix.length);
    const children = list === '' ? [] : list.split(',');
    if (!children.every(isName)) throw new DnsTreeError({ code: 'treeSyntax', entry: 'branch' });
    return { kind: 'branch', children };
  }
  if (!text.startsWith('enr:')) throw new DnsTreeError({ code: 'treeSyntax', entry: 'unknown' });
  try {
    return { kind: 'record', enr: parseEnr(curve, text) };
  } catch (cause) {
    if (cause instanceof WireError) throw new DnsTreeError({ code: 'treeRecord', name }, undefined, { cause });
    throw cause;
  }
}

export function formatBranch(children: readonly string[]): string {
  return branchPrefix + children.join(',');
}

/** Names are hashes, abbreviated to 12 bytes at least. */
function isName(text: string): boolean {
  const bytes = text.length > 52 ? null : fromBase32(text);
  return bytes !== null && bytes.length >= 12 && bytes.length <= 32;
}

function isHashOf(name: string, text: string): boolean {
  const bytes = fromBase32(name);
  return (
    bytes !== null && bytes.length >= 12 && equalBytes(bytes, keccak256(Buffer.from(text)).subarray(0, bytes.length))
  );
}

/** Whether this text is the root of some tree: of several texts of a name, the first one counts. */
export function isRootText(text: string): boolean {
  return text.startsWith(rootPrefix);
}
