import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../sql/client.ts';
import { readPostmaster, socketUrl } from '../../sql/postmaster.ts';

/** What came of visits that were once committed or on disk. */
export interface LedgerBalance {
  /** Visits that another connection saw in the database at some time. */
  readonly committed: number;
  /** Visits that were whole lines on disk at some time. */
  readonly spilled: number;
  readonly lost: number;
  readonly doubled: number;
}

interface Reading {
  readonly keys: readonly string[];
  readonly doubled: number;
}

/**
 * Notes from outside, again and again, which visits are in the database and which are on disk: none of them may be missing
 * in the end, or be there twice. It asks no program of ours.
 */
export class Ledger {
  readonly #dataDir: string;
  readonly #committed = new Set<string>();
  readonly #spilled = new Set<string>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get cluster(): string {
    return join(this.#dataDir, 'postgres');
  }

  /** Visits stored so far, as last seen. */
  get stored(): number {
    return this.#committed.size;
  }

  /** What is on disk now; lines without an end do not count. */
  noteSpill(): number {
    let waiting = 0;
    for (const line of spillLines(join(this.#dataDir, 'spill'))) {
      const key = /"key":"([0-9a-f]{32})"/.exec(line)?.[1];
      if (key === undefined) continue;
      waiting += 1;
      this.#spilled.add(key);
    }
    return waiting;
  }

  /** What is in the database now; false while it does not answer. */
  async noteStored(): Promise<boolean> {
    const reading = await this.#read();
    for (const key of reading?.keys ?? []) this.#committed.add(key);
    return reading !== null;
  }

  /** @throws when the database does not answer within a minute */
  async balance(): Promise<LedgerBalance> {
    let reading: Reading | null = null;
    for (const until = Date.now() + 60_000; reading === null; reading = await this.#read()) {
      if (Date.now() > until) throw new Error('the database does not answer');
    }
    const stored = new Set(reading.keys);
    const lost = [...new Set([...this.#committed, ...this.#spilled])].filter((key) => !stored.has(key)).length;
    return { committed: this.#committed.size, spilled: this.#spilled.size, lost, doubled: reading.doubled };
  }

  async #read(): Promise<Reading | null> {
    const postmaster = readPostmaster(this.cluster);
    if (postmaster?.status !== 'ready') {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return null;
    }
    const sql = connect(socketUrl(postmaster), { max: 1, connectTimeoutMs: 2_000, statementTimeoutMs: 5_000 });
    try {
      const rows = await sql<{ key: string; times: number }[]>`
        select replace(visit_key::text, '-', '') as key, count(*)::int4 as times from visits group by 1`;
      return { keys: rows.map(({ key }) => key), doubled: rows.filter(({ times }) => times > 1).length };
    } catch {
      return null;
    } finally {
      void sql.end({ timeout: 1 }).catch(() => {});
    }
  }
}

function* spillLines(folder: string): Generator<string> {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.spill'));
  } catch {
    return;
  }
  for (const name of entries) {
    try {
      yield* readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
    } catch {
      // It was written to the database meanwhile.
    }
  }
}
