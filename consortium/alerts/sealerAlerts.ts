import { countOf } from '../../lib/plural.ts';
import { type AlertBook, type Condition, readConditions } from '../../notify/alertBook.ts';
import type { NoticeChange } from '../../notify/notice.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import { type ClusterAbout, conditionOf, raftSubject } from './alertRules.ts';
import { clockMs, type LookedAt, sealerNodeConditions, unseenCondition } from './nodeAlerts.ts';

/** Missing sealers, the risk that they are, and the halt that follows are one notice with its parts. */
const sealing = 'sealing';
const sealers = { one: 'sealer', other: 'sealers' };

/** Takes one judged round of a chain of sealers; returns the notices that changed with it. Pure, in the rounds' own time. */
export function readSealerAlerts(
  before: AlertBook,
  about: ClusterAbout,
  look: { readonly t: number; readonly nodes: readonly LookedAt[] },
  verdict: SealersVerdict,
): { readonly book: AlertBook; readonly changed: readonly NoticeChange[] } {
  const { cluster, page } = about;
  const labels = { cluster };
  return readConditions(before, { now: look.t, subject: raftSubject(cluster), labels, page }, [
    unseen(cluster, look.nodes),
    halted(cluster, verdict),
    short(cluster, verdict),
    atRisk(cluster, verdict),
    silent(cluster, verdict),
    roundChanges(cluster, verdict),
    setsDiffer(cluster, verdict),
    clockAhead(cluster, verdict),
    ...sealerNodeConditions(about, look.nodes, verdict),
  ]);
}

function halted(cluster: string, verdict: SealersVerdict): Condition {
  const { state, head, headAt, active, validators, needed, pending, consensus } = verdict;
  const missing = listMissing(verdict);
  const waiting =
    (pending ?? 0) > 0 ? `, and ${countOf(pending ?? 0, transactions)} ${pending === 1 ? 'waits' : 'wait'}` : '';
  const rule = consensus.toUpperCase();
  const atWork =
    active < needed
      ? `${active} of ${countOf(validators, sealers)} are at work, ${rule} needs ${needed}.`
      : `${rule} needs ${needed} of ${countOf(validators, sealers)}. More must be missing, or cut off from each other, than can be seen from here.`;
  const since = headAt === null ? '' : ` since ${new Date(headAt).toISOString()}`;
  return conditionOf('RaftSealersHalted', {
    kind: sealing,
    holds: state === 'unknown' ? null : state === 'halted',
    summary: `${cluster} has halted: no block after ${head ?? 'its last one'}${since}${waiting}`,
    description: `${missing === '' ? 'All sealers answered lately' : `Missing: ${missing}`}. ${atWork} Start the missing ones, then look at the links between them.`,
    hides: ['RaftSealersShort', 'RaftSealersAtRisk', 'RaftSealerSilent', ...downOf(verdict)],
  });
}

const transactions = { one: 'transaction', other: 'transactions' };

function atRisk(cluster: string, verdict: SealersVerdict): Condition {
  const { state, failuresToHalt, active, validators, needed } = verdict;
  return conditionOf('RaftSealersAtRisk', {
    kind: sealing,
    holds: state === 'unknown' || state === 'halted' ? null : failuresToHalt === 1 && active < validators,
    summary: `${cluster} is one missing sealer away from a halt: ${active} of ${countOf(validators, sealers)} at work, ${needed} needed`,
    description: `Bring the missing ones back before you restart anything else: ${listMissing(verdict)}.`,
    hides: ['RaftSealerSilent', ...downOf(verdict)],
  });
}

function silent(cluster: string, verdict: SealersVerdict): Condition {
  const { state, active, validators } = verdict;
  return conditionOf('RaftSealerSilent', {
    kind: sealing,
    holds: state === 'unknown' || state === 'halted' ? null : active < validators,
    summary: `${cluster}: ${countOf(validators - active, sealers)} of ${validators} missed turn after turn: ${listMissing(verdict)}`,
    description: 'Every missed turn delays the chain. Start them, or vote them out.',
    hides: downOf(verdict),
  });
}

function roundChanges(cluster: string, { state, storm, roundChanges: changes, window }: SealersVerdict): Condition {
  return conditionOf('RaftSealerRoundChanges', {
    kind: 'roundChanges',
    holds: state === 'unknown' || state === 'halted' ? null : storm,
    summary: `The last ${window} blocks of ${cluster} needed ${countOf(changes, { one: 'round change', other: 'round changes' })}, far more than missing sealers explain`,
    description:
      'Proposers are not heard in time: look for slow links, overload, and a request time-out that is too short.',
  });
}

function unseen(cluster: string, nodes: readonly LookedAt[]): Condition {
  return unseenCondition('RaftSealersUnseen', nodes, {
    isSeen: ({ result }) => result === 'notRaft',
    what: `No node of ${cluster} tells its newest block`,
    unknown: 'the chain',
  });
}

function short(cluster: string, { state, active, validators, needed, consensus, ...rest }: SealersVerdict): Condition {
  return conditionOf('RaftSealersShort', {
    kind: sealing,
    holds: state === 'unknown' || state === 'halted' ? null : active < needed,
    summary: `Too few sealers of ${cluster} are at work: ${active} of ${validators}, ${consensus.toUpperCase()} needs ${needed}`,
    description: `Start the silent ones: ${listMissing(rest)}.`,
    hides: ['RaftSealersAtRisk', 'RaftSealerSilent', ...downOf(rest)],
  });
}

function setsDiffer(cluster: string, { sets, state }: SealersVerdict): Condition {
  return conditionOf('RaftSealerSetsDiffer', {
    kind: 'sealerSets',
    holds: state === 'unknown' ? null : sets > 1,
    summary: `Nodes of ${cluster} hold ${sets} different sets of sealers`,
    description:
      'Some nodes are behind, on another fork, or follow other rules. Compare their heads and genesis files.',
  });
}

function clockAhead(cluster: string, { clockAheadMs, state }: SealersVerdict): Condition {
  return conditionOf('RaftSealersClockAhead', {
    kind: 'sealerClocks',
    holds: state === 'unknown' ? null : clockAheadMs > clockMs,
    summary: `Blocks of ${cluster} are ${(clockAheadMs / 1_000).toFixed(1)} s ahead of our clock`,
    description:
      'The clock of their sealers, or of this machine, is off. Nodes whose clocks are right reject blocks from the future. Check NTP on all of them.',
  });
}

/** That their endpoints do not answer is no news where they are named anyway. */
function downOf({ sealers: all }: Pick<SealersVerdict, 'sealers'>) {
  return all.flatMap(({ silent: isSilent, node }) =>
    isSilent && node !== null ? [{ name: 'RaftNodeDown' as const, node }] : [],
  );
}

/** By the names of their endpoints, where these are known. */
function listMissing({ sealers: all }: Pick<SealersVerdict, 'sealers'>): string {
  return all
    .filter((sealer) => sealer.silent)
    .map(({ node, address }) => node ?? `0x${address}`)
    .join(', ');
}
