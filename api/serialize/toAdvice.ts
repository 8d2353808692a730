import { describeNoBootnode } from '../../lib/bootnodeProblem.ts';
import { countOf } from '../../lib/plural.ts';
import type { StatusResponse } from '../contract/networks.ts';
import type { VantageRow } from '../queries/selectVantages.ts';
import { silentAfterMs } from './silentAfter.ts';
import { toBootnodeProblems } from './toBootnodeProblems.ts';
import { toHeld } from './toHeld.ts';

type Advice = StatusResponse['advice'][number];

/** What is wrong with the crawl, in plain words, and what to try. */
export function toAdvice(vantages: readonly VantageRow[], censusLate: boolean, now: number): Advice[] {
  const live = vantages.filter((vantage) => now - vantage.lastBeat.getTime() <= silentAfterMs);
  if (live.length === 0) {
    const message =
      'No crawler is running, so these numbers only get older. Start one with `forkscope start` or `forkscope crawl` on this database.';
    return [{ code: 'noCrawler', message }];
  }
  const message =
    'The census that makes these counts is late. After a fresh start it takes one interval. Otherwise look for census errors in the log of the crawler, and check whether the database is slow or full.';
  return [
    ...adviseOnHeld(live, now),
    ...adviseOnBootnodes(live),
    ...(censusLate ? [{ code: 'censusLate', message } as const] : []),
  ];
}

/** Shorter waits are a busy moment. */
const heldLongMs = 60_000;

/** Visits that wait are no loss, unless the disk refuses them as well. */
function adviseOnHeld(live: readonly VantageRow[], now: number): Advice[] {
  const holding = live.flatMap((row) => toHeld(row) ?? []);
  const inMemory = countVisits(holding.map((held) => held.inMemory));
  const onDisk = countVisits(holding.map((held) => held.onDisk));
  if (holding.some(({ diskRefuses }) => diskRefuses === true)) {
    const lost =
      inMemory === null
        ? 'What the crawler holds in memory is lost if it ends'
        : `${inMemory} in memory are lost if the crawler ends`;
    const message = `The database does not take what the crawler saw, and the disk no longer either. ${lost} before the database is back. Make room in the data directory, or mend the disk, and do not stop the crawler.`;
    return [{ code: 'visitsAtStake', message }];
  }
  const old = holding.some(({ since, onDisk: spilled }) => now - Date.parse(since) > heldLongMs || (spilled ?? 0) > 0);
  if (!old) return [];
  const holds = inMemory === null || onDisk === null ? '' : `: it holds ${inMemory} in memory and ${onDisk} on disk`;
  const message = `The database has not yet taken all that the crawler saw${holds}. Nothing is lost; all is written as fast as the database takes it, and counts grow by it.`;
  return [{ code: 'visitsHeld', message }];
}

/** Null if any crawler does not tell: its visits are no zero. */
function countVisits(told: readonly (number | null)[]): string | null {
  let sum = 0;
  for (const count of told) {
    if (count === null) return null;
    sum += count;
  }
  return countOf(sum, { one: 'visit', other: 'visits' });
}

/** Where one crawler gets in, the nodes that it finds are there for all. */
function adviseOnBootnodes(live: readonly VantageRow[]): Advice[] {
  const sum = (read: (row: VantageRow) => number | null): number =>
    live.reduce((total, row) => total + (read(row) ?? 0), 0);
  const problems = live.flatMap((row) => toBootnodeProblems(row.bootnodeProblems));
  const given = sum((row) => row.bootnodesGiven);
  const tells = live.every((row) => row.bootnodesGiven !== null);
  const promising = sum((row) => row.bootnodesUsable) + sum((row) => row.bootnodesWaiting);
  if (tells && promising === 0) {
    return [{ code: 'noBootnode', message: describeNoBootnode({ given, problems }) }];
  }
  const advice: Advice[] = [];
  if (problems.length > 0) {
    const count = countOf(given, { one: 'bootnode', other: 'bootnodes' });
    // Of many only some are listed.
    const unusable = Math.max(problems.length, given - promising);
    const message = `${unusable} of ${count} cannot be used, each for a reason of its own.`;
    advice.push({ code: 'bootnodesUnusable', message });
  }
  const pinged = sum((row) => row.bootnodesPinged);
  if (sum((row) => row.bootnodesTried) > 0 && sum((row) => row.bootnodesAnswered) === 0) {
    const message =
      pinged > 0 || !tells
        ? 'No bootnode has answered. Check that they run, that this machine can reach their network, and that every firewall lets UDP out and the answers in. For a private chain, put your own bootnodes into the network file.'
        : 'No bootnode has answered. They are dialled over TCP only, as their URLs say (discport=0). Check that they run, and that this machine can reach their TCP ports.';
    advice.push({ code: 'noBootnodeAnswered', message });
  } else if (pinged > 0 && sum((row) => row.bootnodesAlive) === 0) {
    const message =
      'Bootnodes answer over TCP, but none over UDP: a firewall keeps UDP away, or they run without discovery, which is usual for static nodes. As long as that is so, no other node can be found through them.';
    advice.push({ code: 'noBootnodeOverUdp', message });
  }
  return advice;
}
