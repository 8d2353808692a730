import { readBootnode } from '../crawl/readBootnode.ts';
import type { SourceBooks } from './sourceBooks.ts';
import type { SourceFile } from './sourceFile.ts';
import { atOnce, contactsOf, type SourcesDeps } from './sourcesDeps.ts';

/** What a file named is told again: there may have been no room for it before, or it has been forgotten since. */
const againMs = 24 * 3_600_000;

/** A file at work: what it names comes in at the start, and when it has changed. */
export interface FollowedFile {
  begin(signal: AbortSignal): Promise<void>;
  look(signal: AbortSignal): Promise<void>;
}

export function followFile(deps: SourcesDeps, file: SourceFile, books: SourceBooks): FollowedFile {
  const { clock, log } = deps;
  const { path } = file;
  let offeredAt = clock.now();
  const noteRead = (bad: number): void => books.read(path, 'whole', file.list.nodes.length - bad, bad, clock.now());
  /** Nodes of a list are bootnodes, and are told of there. */
  const offer = async (signal: AbortSignal, isNew = true): Promise<void> => {
    let bad = 0;
    offeredAt = clock.now();
    for (const [index, text] of file.list.nodes.entries()) {
      if (signal.aborted) return;
      const contacts = contactsOf(readBootnode(deps.curve, text));
      if (contacts.length === 0) bad += 1;
      for (const contact of contacts) deps.onNode(contact, 'file', isNew);
      if (index % atOnce === atOnce - 1) await clock.sleep(0, signal);
    }
    if (!isNew) return;
    if (bad > 0) log.warn('entries of this file name no node that can be used', { file: path, entries: bad });
    noteRead(bad);
    const nodes = file.list.nodes.length - bad;
    deps.onState({ text: path, network: null, source: 'file' }, { nodes, wasRead: true, problem: null });
  };
  return {
    async begin(signal) {
      if (file.list.format === 'list') noteRead(0);
      else await offer(signal);
    },
    async look(signal) {
      const found = file.look();
      if (found === null) {
        if (file.list.format !== 'list' && clock.now() - offeredAt >= againMs) await offer(signal, false);
        return;
      }
      if (found instanceof Error) {
        const fields = { file: path, reason: found.message };
        log.warn('a file of nodes has become unusable; what it listed before stays', fields);
        books.read(path, 'failed', null, 0, clock.now());
        return;
      }
      log.info('a file of nodes has changed and was read again', { file: path, nodes: found.nodes.length });
      if (found.format !== 'list') await offer(signal);
      else {
        deps.onList(path, found.nodes);
        noteRead(0);
      }
    },
  };
}
