import { countOf } from '../lib/plural.ts';
import { type AlertBook, type Condition, readConditions } from '../notify/alertBook.ts';
import type { NoticeChange } from '../notify/notice.ts';
import type { SealersVerdict } from './judge/sealersVerdict.ts';
import { raftSubject } from './raftAlerts.ts';

/** They carry the names of the Prometheus rules that say the same. */
type AlertName = 'RaftSealersHalted' | 'RaftSealersAtRisk' | 'RaftSealerSilent' | 'RaftSealerRoundChanges';

/** How long a condition must hold before it is told, ms. */
const forMs: Readonly<Record<AlertName, number>> = {
  RaftSealersHalted: 30_000,
  RaftSealersAtRisk: 3 * 60_000,
  RaftSealerSilent: 5 * 60_000,
  RaftSealerRoundChanges: 60_000,
};

/** Missing sealers, the risk that they are, and the halt that follows are one notice with its parts. */
const sealing = 'sealing';
const sealers = { one: 'sealer', other: 'sealers' };

/** Takes one judged round of a chain of sealers; returns the notices that changed with it. Pure, in the rounds' own time. */
export function readSealerAlerts(
  before: AlertBook,
  about: { readonly cluster: string; readonly page: string | null; readonly now: number },
  verdict: SealersVerdict,
): { readonly book: AlertBook; readonly changed: readonly NoticeChange[] } {
  const { cluster, page, now } = about;
  const labels = { cluster };
  return readConditions(before, { now, subject: raftSubject(cluster), labels, page }, [
    halted(cluster, verdict),
    atRisk(cluster, verdict),
    silent(cluster, verdict),
    roundChanges(cluster, verdict),
  ]);
}

function halted(cluster: string, verdict: SealersVerdict): Condition {
  const { state, head, headAt, active, validators, needed, pending, consensus } = verdict;
  const missing = listMissing(verdict);
  const waiting =
    (pending ?? 0) > 0 ? `, and ${countOf(pending ?? 0, transactions)} ${pending === 1 ? 'waits' : 'wait'}` : '';
  const since = headAt === null ? '' : ` since ${new Date(headAt).toISOString()}`;
  return {
    name: 'RaftSealersHalted' satisfies AlertName,
    kind: sealing,
    holds: state === 'unknown' ? null : state === 'halted',
    forMs: forMs.RaftSealersHalted,
    severity: 'critical',
    summary: `${cluster} has halted: no block after ${head ?? 'its last one'}${since}${waiting}`,
    description: `${missing === '' ? 'All sealers answered lately' : `Missing: ${missing}`}. ${active} of ${countOf(validators, sealers)} are at work, ${consensus.toUpperCase()} needs ${needed}. Start the missing ones, then look at the links between them.`,
    hides: ['RaftSealersAtRisk', 'RaftSealerSilent'] satisfies AlertName[],
  };
}

const transactions = { one: 'transaction', other: 'transactions' };

function atRisk(cluster: string, verdict: SealersVerdict): Condition {
  const { state, failuresToHalt, active, validators, needed } = verdict;
  return {
    name: 'RaftSealersAtRisk' satisfies AlertName,
    kind: sealing,
    holds: state === 'unknown' || state === 'halted' ? null : failuresToHalt === 1 && active < validators,
    forMs: forMs.RaftSealersAtRisk,
    severity: 'warning',
    summary: `${cluster} is one missing sealer away from a halt: ${active} of ${countOf(validators, sealers)} at work, ${needed} needed`,
    description: `Bring the missing ones back before you restart anything else: ${listMissing(verdict)}.`,
    hides: ['RaftSealerSilent'] satisfies AlertName[],
  };
}

function silent(cluster: string, verdict: SealersVerdict): Condition {
  const { state, active, validators } = verdict;
  return {
    name: 'RaftSealerSilent' satisfies AlertName,
    kind: sealing,
    holds: state === 'unknown' || state === 'halted' ? null : active < validators,
    forMs: forMs.RaftSealerSilent,
    severity: 'warning',
    summary: `${cluster}: ${countOf(validators - active, sealers)} of ${validators} missed turn after turn: ${listMissing(verdict)}`,
    description: 'Every missed turn delays the chain. Start them, or vote them out.',
  };
}

function roundChanges(cluster: string, { state, storm, roundChanges: changes, window }: SealersVerdict): Condition {
  return {
    name: 'RaftSealerRoundChanges' satisfies AlertName,
    kind: 'roundChanges',
    holds: state === 'unknown' || state === 'halted' ? null : storm,
    forMs: forMs.RaftSealerRoundChanges,
    severity: 'warning',
    summary: `The last ${window} blocks of ${cluster} needed ${countOf(changes, { one: 'round change', other: 'round changes' })}, far more than missing sealers explain`,
    description:
      'Proposers are not heard in time: look for slow links, overload, and a request time-out that is too short.',
  };
}

/** By the names of their endpoints, where these are known. */
function listMissing({ sealers: all }: SealersVerdict): string {
  return all
    .filter((sealer) => sealer.silent)
    .map(({ node, address }) => node ?? `0x${address}`)
    .join(', ');
}
