import { FollowedTree } from './followedTree.ts';
import { followFile } from './followFile.ts';
import { pacedTexts } from './pacedTexts.ts';
import type { Sources } from './selectSources.ts';
import { SourceBooks } from './sourceBooks.ts';
import type { SourcesDeps } from './sourcesDeps.ts';

/** Sources at work: what they name comes in at the start, when a file changes, when a list in DNS has a new root. */
export interface SourcesAtWork {
  readonly books: SourceBooks;
  /** What is there without asking anybody: files, and lists as they were kept. */
  begin(signal: AbortSignal): Promise<void>;
  /** Asks for every list in DNS once. */
  readOnce(signal: AbortSignal): Promise<void>;
  /** Looks at files, and at lists on their schedule, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const fileLookMs = 10_000;

export function followSources(given: SourcesDeps, sources: Sources): SourcesAtWork {
  const { clock } = given;
  const deps = { ...given, texts: pacedTexts(given.texts, clock) };
  const books = new SourceBooks(sources, clock.now());
  const files = sources.files.map((file) => followFile(deps, file, books));
  const trees = sources.trees.map((given) => new FollowedTree(deps, given, books));
  const lookAtFiles = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && files.length > 0) {
      await clock.sleep(fileLookMs, signal);
      for (const file of files) if (!signal.aborted) await file.look(signal);
    }
  };
  return {
    books,
    async begin(signal) {
      for (const source of [...files, ...trees]) await source.begin(signal);
    },
    async readOnce(signal) {
      await Promise.all(trees.map((tree) => tree.refresh(signal)));
    },
    async run(signal) {
      await Promise.all([lookAtFiles(signal), ...trees.map((tree) => tree.run(signal))]);
    },
  };
}
