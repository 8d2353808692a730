import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Sql } from '../sql/client.ts';

/**
 * Lets geth's `devp2p discv5 crawl` loose on a network that was crawled before, from four nodes of it, for so many seconds:
 * how many of the nodes that we found alive by discv5 it found.
 */
export async function crawlByDevp2p(
  { path, seconds }: { readonly path: string; readonly seconds: number },
  folder: string,
  sql: Sql,
) {
  const ours = await sql<{ hash: string; enr: string | null }[]>`
    select encode(id_hash, 'hex') as hash, enr from nodes where last_discv5 is not null order by node_no`;
  const bootnodes = ours.flatMap(({ enr }) => enr ?? []).slice(0, 4);
  const file = join(folder, 'devp2p.json');
  const words = ['discv5', 'crawl', '--bootnodes', bootnodes.join(','), '--timeout', `${seconds}s`, file];
  await promisify(execFile)(path, words, { maxBuffer: 1 << 28 });
  const theirs = new Set(Object.keys(JSON.parse(await readFile(file, 'utf8'))));
  const found = ours.filter(({ hash }) => theirs.has(hash)).length;
  return { seconds, found, live: ours.length, livePerSecond: Number((found / seconds).toFixed(2)) };
}
