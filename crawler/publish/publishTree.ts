import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, SettingsError } from '../../lib/errors.ts';
import { toIso } from '../../lib/time.ts';
import { TreeSync } from '../../p2p/protocol/treeSync.ts';
import { parseTreeLink } from '../../p2p/wire/dnsTree.ts';
import { type WrittenTree, writeDnsTree } from '../../p2p/wire/dnsTreeWriter.ts';
import { parseEnr } from '../../p2p/wire/enr.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { formatNodesJson, type NodeSetEntry } from '../crawl/nodesJson.ts';
import { formatZoneFile } from './zoneFile.ts';

/** The folder of a list holds another one, or cannot be written. */
class PublishError extends SettingsError<{ code: 'listFolder'; folder: string }> {}

export interface Publication {
  /** Files as geth's `devp2p dns` reads them, and the records for name servers. */
  readonly folder: string;
  readonly domain: string;
  readonly entries: readonly NodeSetEntry[];
  /** `enrtree://…` of other lists. */
  readonly links: readonly string[];
  readonly now: number;
}

export interface Published {
  readonly url: string;
  readonly seq: bigint;
  /** Nothing but the time would be new: the files are as they were. */
  readonly isUnchanged: boolean;
  readonly texts: number;
}

const infoFile = 'enrtree-info.json';
const infoSchema = z.object({ url: z.string(), seq: z.int().nonnegative() });

/**
 * Signs a tree and writes it, with a higher sequence number than the one before it in the folder. What is written was read
 * back first, as a client reads it.
 * @throws PublishError
 */
export function publishTree(curve: Curve, privateKey: Uint8Array, publication: Publication): Published {
  const { folder, domain, entries, links, now } = publication;
  const fail = (problem: string): never => {
    throw new PublishError({ code: 'listFolder', folder }, `${folder} ${problem}`);
  };
  const records = entries.map(({ record }) => parseEnr(curve, record));
  const write = (seq: bigint): WrittenTree => writeDnsTree(curve, privateKey, { domain, seq, records, links });
  const last = readLast(folder, fail);
  if (last !== null) {
    const same = write(BigInt(last.seq));
    if (same.url !== last.url)
      return fail(
        `holds the list ${last.url}, and this one would be ${same.url}: give its key and domain, or another folder`,
      );
    if (sameTexts(readTexts(folder), same.texts))
      return { url: same.url, seq: BigInt(last.seq), isUnchanged: true, texts: same.texts.size };
  }
  const seq = BigInt((last?.seq ?? 0) + 1);
  const tree = write(seq);
  readBack(curve, tree, records.length);
  const signature = / sig=(.*)$/.exec(tree.texts.get(domain) ?? '')?.[1] ?? '';
  const info = { url: tree.url, seq: Number(seq), signature, links, lastModified: toIso(now) };
  const files = [
    ['nodes.json', formatNodesJson(entries)],
    ['txt.json', formatJson(Object.fromEntries(tree.texts))],
    ['zone.txt', formatZoneFile(domain, tree.texts)],
    // The last one: whoever finds it finds the others.
    [infoFile, formatJson(info)],
  ] as const;
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) writeWhole(join(folder, name), text);
  } catch (error) {
    return fail(`cannot be written: ${reasonOf(error)}`);
  }
  return { url: tree.url, seq, isUnchanged: false, texts: tree.texts.size };
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}

function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

/** What was published from this folder before; null = nothing. */
function readLast(folder: string, fail: (problem: string) => never): z.infer<typeof infoSchema> | null {
  let text: string;
  try {
    text = readFileSync(join(folder, infoFile), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    return fail(`cannot be read: ${reasonOf(error)}`);
  }
  try {
    return infoSchema.parse(JSON.parse(text));
  } catch {
    return fail(`has an ${infoFile} that is none; put the right one back, or readers will refuse a lower number`);
  }
}

function readTexts(folder: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(join(folder, 'txt.json'), 'utf8')));
  } catch {
    return {};
  }
}

function sameTexts(before: Record<string, unknown>, texts: ReadonlyMap<string, string>): boolean {
  return Object.keys(before).length === texts.size && [...texts].every(([name, text]) => before[name] === text);
}

/** Reads the tree as a client does. It throws where that gives anything but what went in: then it is a bug. */
function readBack(curve: Curve, { url, texts }: WrittenTree, records: number): void {
  const byName = new Map([...texts].map(([name, text]) => [name.toLowerCase(), text]));
  const sync = new TreeSync(curve, parseTreeLink(curve, url));
  for (let name = sync.next(); name !== null; name = sync.next()) {
    const text = byName.get(name.toLowerCase());
    sync.answered(name, text === undefined ? { at: 'unknown' } : { at: 'found', texts: [text] });
  }
  const { found } = sync;
  const [fault] = found.faults;
  if (fault !== undefined) throw fault;
  if (found.records.length !== records)
    throw new Error(`the list reads back ${found.records.length} of ${records} nodes`);
}
