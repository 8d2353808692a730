import { BoundedMap } from '../../lib/boundedMap.ts';
import { column, type Sql, storableText } from '../../sql/client.ts';
import type { ParsedClient } from '../crawl/visit.ts';

/** Values of each kind kept in memory. */
export const maxCached = 20_000;

interface Known {
  readonly no: number;
  /** When its row was told that it is in use, ms since the epoch. */
  readonly usedAt: number;
}

/** A row is told again after this time that it is in use; retention keeps it for two days longer than visits. */
const tellEveryMs = 86_400_000;

/**
 * Numbers of client strings, fork IDs and codes. New ones are written in separate statements, before the transaction that
 * refers to them: a number is kept only if its row is certain to stay.
 */
export class Interner {
  readonly #sql: Sql;
  readonly #clients = new BoundedMap<string, Known>(maxCached);
  readonly #forkIds = new BoundedMap<string, Known>(maxCached);
  readonly #codes = new BoundedMap<string, Known>(maxCached);

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get cached(): number {
    return this.#clients.size + this.#forkIds.size + this.#codes.size;
  }

  /** By `clientKey`. New ones were first seen at `seenAt`. */
  async clients(list: readonly ParsedClient[], seenAt: Date): Promise<ReadonlyMap<string, number>> {
    const keyed = new Map(list.map((client) => [clientKey(client), client]));
    return resolve(this.#clients, keyed, seenAt.getTime(), async (missing) => {
      const sql = this.#sql;
      const values = [...missing.values()];
      const text = (read: (client: ParsedClient) => string | null, max: number) =>
        column(
          'text',
          values.map((client) => cut(read(client), max)),
        );
      const given = sql`
        unnest(${text(({ raw }) => raw, 1_024)}::text[], ${text(({ name }) => name || 'unknown', 64)}::text[],
          ${text(({ version }) => version, 64)}::text[], ${text(({ os }) => os, 64)}::text[],
          ${text(({ arch }) => arch, 64)}::text[], ${text(({ language }) => language, 64)}::text[],
          ${column(
            'bool',
            values.map(({ byCapability }) => byCapability ?? false),
          )}::bool[]
        ) as g (raw, name, version, os, arch, language, by_capability)`;
      // `not exists`, because a conflict would use up a number.
      await sql`
        insert into clients (raw, name, version, os, arch, language, by_capability, first_seen, last_used)
        select g.*, ${seenAt}, ${seenAt} from ${given}
        where not exists (select from clients c where c.raw = g.raw and c.by_capability = g.by_capability)
        order by raw, by_capability
        on conflict (raw, by_capability) do nothing`;
      // If a string is now parsed better, its parsed fields are replaced, not the string.
      await sql`
        update clients c set name = g.name, version = g.version, os = g.os, arch = g.arch, language = g.language,
          last_used = greatest(c.last_used, ${seenAt})
        from ${given}
        where c.raw = g.raw and c.by_capability = g.by_capability
          and ((c.name, c.version, c.os, c.arch, c.language) is distinct from (g.name, g.version, g.os, g.arch, g.language)
            or coalesce(c.last_used < ${seenAt}, true))`;
      const rows = await sql<{ raw: string; byCapability: boolean; no: number }[]>`
        select raw, by_capability as "byCapability", client_no as no
        from clients where raw = any (${text(({ raw }) => raw, 1_024)}::text[])`;
      return rows.map((row) => [clientKey(row), row.no]);
    });
  }

  /** By `hash/next`, hash in hex. New ones were first seen at `seenAt`. */
  async forkIds(
    list: readonly { readonly hash: string; readonly next: string }[],
    seenAt: Date,
  ): Promise<ReadonlyMap<string, number>> {
    const keyed = new Map(list.map((id) => [`${id.hash}/${id.next}`, id]));
    return resolve(this.#forkIds, keyed, seenAt.getTime(), async (missing) => {
      const sql = this.#sql;
      const values = [...missing.values()];
      const hashes = column(
        'text',
        values.map(({ hash }) => hash),
      );
      const nexts = column(
        'numeric',
        values.map(({ next }) => BigInt(next)),
      );
      await sql`
        insert into fork_ids (hash, next, first_seen, last_used)
        select decode(h, 'hex'), n, ${seenAt}, ${seenAt} from unnest(${hashes}::text[], ${nexts}::numeric[]) as g (h, n)
        where not exists (select from fork_ids f where f.hash = decode(g.h, 'hex') and f.next = g.n) order by 1, 2
        on conflict (hash, next) do nothing`;
      await sql`
        update fork_ids f set last_used = ${seenAt} from unnest(${hashes}::text[], ${nexts}::numeric[]) as g (h, n)
        where f.hash = decode(g.h, 'hex') and f.next = g.n and coalesce(f.last_used < ${seenAt}, true)`;
      const rows = await sql<{ key: string; no: number }[]>`
        select encode(f.hash, 'hex') || '/' || f.next as key, f.fork_no as no
        from unnest(${hashes}::text[], ${nexts}::numeric[]) as g (h, n)
        join fork_ids f on f.hash = decode(g.h, 'hex') and f.next = g.n`;
      return rows.map(({ key, no }) => [key, no]);
    });
  }

  async codes(list: readonly string[]): Promise<ReadonlyMap<string, number>> {
    // They are ours and few, and stay.
    return resolve(this.#codes, new Map(list.map((code) => [code, code])), 0, async (missing) => {
      const sql = this.#sql;
      const values = column('text', [...missing.keys()]);
      await sql`
        insert into codes (code) select c from unnest(${values}::text[]) as g (c)
        where not exists (select from codes where code = g.c) order by c
        on conflict (code) do nothing`;
      const rows = await sql<{ code: string; no: number }[]>`
        select code, code_no as no from codes where code = any (${values}::text[])`;
      return rows.map(({ code, no }) => [code, no]);
    });
  }
}

export function clientKey({ raw, byCapability = false }: Pick<ParsedClient, 'raw' | 'byCapability'>): string {
  return `${byCapability ? '+' : '-'}${cut(raw, 1_024) ?? ''}`;
}

/** Storable text of at most this many bytes of UTF-8. */
function cut(text: string | null, maxBytes: number): string | null {
  if (text === null) return null;
  let fit = storableText(text).slice(0, maxBytes);
  while (Buffer.byteLength(fit) > maxBytes) fit = fit.slice(0, -1);
  // The cut may have split a character.
  return storableText(fit);
}

async function resolve<T>(
  cache: BoundedMap<string, Known>,
  wanted: ReadonlyMap<string, T>,
  usedAt: number,
  write: (missing: ReadonlyMap<string, T>) => Promise<[string, number][]>,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const missing = new Map<string, T>();
  for (const [key, value] of wanted) {
    const known = cache.get(key);
    if (known === undefined || known.usedAt <= usedAt - tellEveryMs) missing.set(key, value);
    else found.set(key, known.no);
  }
  if (missing.size === 0) return found;
  for (const [key, no] of await write(missing)) {
    found.set(key, no);
    cache.set(key, { no, usedAt });
  }
  return found;
}
