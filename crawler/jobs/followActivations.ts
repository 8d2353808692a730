import {
  type ActivationSearch,
  activationHeights,
  type BlockTime,
  isFound,
  isRefuted,
  searchActivation,
} from '../../chains/forks/activationSearch.ts';
import type { Network } from '../../chains/networks/networkFile.ts';
import { toDate, toMs } from '../../lib/time.ts';
import type { Sql } from '../../sql/client.ts';

/** How many of the newest forks to find the first blocks of. */
const maxForks = 3;
/** Most heights asked for them in one visit. */
const maxSearched = 7;
/** Of these, within the bounds of a search. */
const maxBetween = 5;
/** Below the head, and the same for some minutes: everybody is asked for one block, whenever he is visited. */
const settled = 8n;
const step = 16n;

export interface Activations {
  /** First blocks of the newest forks, as far as they are known. */
  readonly blocks: readonly bigint[];
  /** Heights whose headers advance the search. */
  readonly searched: readonly bigint[];
}

/** The newest forks that the network has passed, in order. */
export function passedForks({ forks }: Network, now: number, head: bigint | null): Network['forks'] {
  const hasPassed = ({ kind, at }: Network['forks'][number]) =>
    kind === 'time' ? at * 1_000n <= BigInt(now) : head !== null && at < head;
  return forks.filter(hasPassed).slice(-maxForks);
}

/**
 * Finds the first blocks of the newest forks from the timestamps of headers that nodes sent. For forks by time, the block
 * is searched for; for forks by block, only its time is needed. What no header shows stays unknown.
 */
export async function followActivations(
  sql: Sql,
  network: Network,
  { now, head, minVoters }: { readonly now: number; readonly head: bigint | null; readonly minVoters: number },
): Promise<Activations> {
  const forks = passedForks(network, now, head);
  if (forks.length === 0) return { blocks: [], searched: [] };
  const stored = await selectSearches(sql, network.slug);
  const byTime = forks.flatMap(({ kind, at }) => {
    const search = kind === 'time' ? stored.get(at) : undefined;
    return search === undefined ? [] : [{ at, search }];
  });
  const bounds = byTime.flatMap(({ search }) => [search.below, search.block]);
  const told = bounds.length === 0 ? [] : await selectBlockTimes(sql, network.slug, minVoters, bounds);
  for (const { at, search } of byTime) {
    if (!isRefuted(search, at, told)) continue;
    await sql`delete from fork_activations where network = ${network.slug} and activation = ${at}`;
    stored.delete(at);
  }
  const found = (at: bigint): ActivationSearch | null => {
    const search = stored.get(at);
    return search !== undefined && isFound(search) ? search : null;
  };
  const open = forks.filter(({ at }) => found(at) === null);
  const known = open.length === 0 ? [] : await selectBlockTimes(sql, network.slug, minVoters, null);
  const blocks = forks.flatMap(({ kind, at }) => (kind === 'block' ? at : (found(at)?.block ?? [])));
  const searched: bigint[] = [];
  for (const { kind, at } of open) {
    const before = stored.get(at) ?? null;
    const search = kind === 'time' ? searchActivation(before, at, known) : readBlock(at, known);
    if (search !== null && isNews(before, search)) await saveSearch(sql, network.slug, at, search);
    if (kind === 'block') continue;
    if (search === null && head !== null && head > settled) searched.push(((head - settled) / step) * step);
    if (search !== null && isFound(search)) blocks.push(search.block);
    // The bounds too: the first node to answer for them may have lied.
    else if (search !== null) searched.push(...activationHeights(search, maxBetween), search.below, search.block);
  }
  const asked = [...new Set(searched)].filter((height) => height > 0n);
  return { blocks: blocks.sort((a, b) => (a < b ? -1 : 1)), searched: asked.slice(0, maxSearched) };
}

function readBlock(at: bigint, known: readonly BlockTime[]): ActivationSearch | null {
  const time = known.find(({ height }) => height === at)?.time;
  return time === undefined ? null : { below: at - 1n, block: at, time };
}

async function selectSearches(sql: Sql, network: string): Promise<Map<bigint, ActivationSearch>> {
  const rows = await sql<{ activation: bigint; below: bigint; block: bigint; time: Date }[]>`
    select activation, below, block, block_time as time from fork_activations where network = ${network}`;
  return new Map(rows.map(({ activation, below, block, time }) => [activation, { below, block, time: toMs(time) }]));
}

async function saveSearch(sql: Sql, network: string, activation: bigint, search: ActivationSearch): Promise<void> {
  const { below, block, time } = search;
  // A slower look that knows less must not undo what another look has found.
  await sql`
    insert into fork_activations as a (network, activation, below, block, block_time)
    values (${network}, ${activation}, ${below}, ${block}, ${toDate(time)})
    on conflict (network, activation) do update set
      below = excluded.below, block = excluded.block, block_time = excluded.block_time
    where excluded.block - excluded.below < a.block - a.below`;
}

function isNews(before: ActivationSearch | null, now: ActivationSearch): boolean {
  return before === null || now.block - now.below < before.block - before.below;
}

/** Most heights read in one look. */
const maxHeights = 500;

/** When blocks (of these heights; null = any) were made, by what most voters sent, where there are enough of them. */
async function selectBlockTimes(
  sql: Sql,
  network: string,
  minVoters: number,
  heights: readonly bigint[] | null,
): Promise<BlockTime[]> {
  const rows = await sql<{ height: bigint; time: Date }[]>`
    select distinct on (height) height, time from (
      select height, hash, block_time as time, count(distinct voter) as voters
      from block_facts
      where network = ${network} and not forged and block_time is not null
        and ${heights === null ? sql`true` : sql`height = any(${heights.map(String)}::bigint[])`}
      group by 1, 2, 3
    ) b
    where voters >= ${minVoters} order by height desc, voters desc, hash limit ${maxHeights}`;
  return rows.map(({ height, time }) => ({ height, time: toMs(time) }));
}
