import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Nodes of the geth family take one connection per address in 30 s. */
const restMs = 35_000;
const notesSchema = z.record(z.string().max(64), z.number());

/** When which address was dialled by a probe from this machine, in a file of the data directory. */
export class DialNotes {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Notes a dial. How long ago the last one was, ms, if that is less than 35 s; null if not, or if nobody can tell. */
  note(ip: string, now: number): number | null {
    const path = join(this.#folder, 'probed.json');
    const recent = Object.entries(readNotes(path)).filter(([, at]) => at <= now && now - at < restMs);
    const last = recent.find(([one]) => one === ip)?.[1] ?? null;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(`${path}.${process.pid}`, JSON.stringify(Object.fromEntries([...recent, [ip, now]])));
      renameSync(`${path}.${process.pid}`, path);
    } catch {
      // A probe works as well where it may write nothing.
    }
    return last === null ? null : now - last;
  }
}

function readNotes(path: string): Readonly<Record<string, number>> {
  try {
    return notesSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
