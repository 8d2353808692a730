import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { entryName, isRootText } from '../../p2p/wire/dnsTree.ts';

/** What is kept of a list in DNS and of those that it names, across restarts. */
export interface KeptTree {
  /** Newest sequence number by link: an older root is refused. */
  readonly seqs: ReadonlyMap<string, bigint>;
  /** Texts of entries by their whole name, and the roots. */
  readonly texts: ReadonlyMap<string, string>;
}

const maxBytes = 128 * 1024 * 1024;
/** For texts and their names in the file, so that a file that was written can be read again. */
export const keptRoom = 96 * 1024 * 1024;
const fileSchema = z.object({
  url: z.string(),
  seqs: z.record(z.string(), z.string().regex(/^\d{1,20}$/)),
  texts: z.record(z.string(), z.string()),
});

const nothingKept: KeptTree = { seqs: new Map(), texts: new Map() };

/** The file of a list: its domain for people, a hash of the URL for a domain with several keys. */
export function treeFile(dataDir: string, url: string): string {
  const domain = url.slice(url.indexOf('@') + 1).toLowerCase();
  const tag = createHash('sha256').update(url).digest('hex').slice(0, 8);
  return join(dataDir, 'lists', `${domain.replace(/[^a-z0-9.-]/g, '_')}-${tag}.json`);
}

/**
 * What was kept of a list; nothing if there is no file, or one that is damaged. Nothing of it is taken on trust: entries
 * whose name is not their hash are left out here, and a root is verified by whoever reads the tree.
 */
export function loadTree(file: string, url: string): KeptTree {
  try {
    if (statSync(file).size > maxBytes) return nothingKept;
    const kept = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (kept.url !== url) return nothingKept;
    const texts = Object.entries(kept.texts).filter(([name, text]) => isRoot(text) || isEntry(name, text));
    return {
      seqs: new Map(Object.entries(kept.seqs).map(([link, seq]) => [link, BigInt(seq)])),
      texts: new Map(texts),
    };
  } catch {
    return nothingKept;
  }
}

/** @throws the system's error where the disk does not take it */
export function saveTree(file: string, url: string, { seqs, texts }: KeptTree): void {
  mkdirSync(join(file, '..'), { recursive: true });
  const kept = {
    url,
    seqs: Object.fromEntries([...seqs].map(([link, seq]) => [link, String(seq)])),
    texts: Object.fromEntries(texts),
  };
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, JSON.stringify(kept));
  renameSync(beside, file);
}

/** Whether the text is the one that a name stands for: then it never changes. */
export function isEntry(name: string, text: string): boolean {
  return isPlain(text) && entryName(text) === name.slice(0, Math.max(0, name.indexOf('.')));
}

/** Whether the text may be a root; whose it is, only its signature tells. */
export function isRoot(text: string): boolean {
  return isPlain(text) && isRootText(text);
}

/** What a text takes in the file. */
export function keptBytes(name: string, text: string): number {
  return name.length + text.length + 6;
}

/** Of what entries are made: each character takes one byte in the file. */
function isPlain(text: string): boolean {
  return /^[\w ,:=@./+-]{1,1024}$/.test(text);
}
