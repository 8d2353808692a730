import { describeBootnodeProblem, describeNoBootnode } from '../lib/bootnodeProblem.ts';
import type { Clock, Logger, Names, Random } from '../p2p/ports.ts';
import { bytesToKey } from '../p2p/wire/bytes.ts';
import { keyOf, type NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { type Bootnodes, type GivenBootnode, givenIn } from './crawl/bootnodes.ts';
import type { FrontierNode } from './crawl/heldNode.ts';
import { NameWatch } from './crawl/nameWatch.ts';
import type { VisitOutcome } from './crawl/visit.ts';
import { hasAnswered } from './crawl/visitOutcome.ts';
import type { Schedule } from './openSchedule.ts';
import type { WriteQueue } from './store/writeQueue.ts';

/** Problems of one file that are told one by one. */
const maxWarnings = 20;

export interface BootnodesAtWorkDeps {
  readonly bootnodes: Bootnodes;
  readonly schedule: Pick<Schedule, 'frontier' | 'again'>;
  readonly queue: Pick<WriteQueue, 'seen'>;
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Bootnodes on their way into the schedule: at the start, when a name is found, when an address falls silent. */
export interface BootnodesAtWork {
  /** Gives the schedule what can be visited without a name. */
  begin(): void;
  /** Looks up every name until it is found or was asked for often enough. */
  lookUpOnce(signal: AbortSignal): Promise<void>;
  /** Looks names up again and again until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** A file that lists nodes has changed: those that are new are visited, and looked up. */
  relist(file: string, texts: readonly string[]): void;
  /** A visit is over: where the node did not answer, its other addresses come next. */
  settled(node: FrontierNode, outcome: VisitOutcome): void;
}

export function followBootnodes(deps: BootnodesAtWorkDeps): BootnodesAtWork {
  const { bootnodes, schedule, queue, clock, log } = deps;
  const give = (contact: NodeContact, source: GivenBootnode['source']): void => {
    const now = clock.now();
    schedule.frontier.trust(contact.ip);
    const code = schedule.frontier.give(contact, now, now);
    if (code === 'self') bootnodes.disown(keyOf(contact));
    else queue.seen({ contact, source, at: now, dueAt: now, direct: true });
  };
  const tryNext = (id: Uint8Array, source: GivenBootnode['source'] = 'bootnode'): void => {
    const next = bootnodes.nextContact(bytesToKey(id));
    if (next === null) return;
    give(next.contact, source);
    if (next.isNew) schedule.again(id, clock.now());
  };
  const watch = new NameWatch(
    {
      ...deps,
      onAnswer: (name, answer) => {
        const { ids, news } = bootnodes.answered(name, answer);
        for (const problem of news) {
          if (problem === null) log.info('the name of this bootnode is found', { name });
          else warnOf(log, problem);
        }
        if (news.length > 0) warnIfNone(log, bootnodes);
        for (const id of ids) tryNext(id);
      },
    },
    bootnodes.names,
  );
  return {
    begin: () => {
      for (const { contact, source } of bootnodes.firstContacts()) give(contact, source);
    },
    lookUpOnce: (signal) => watch.lookUpOnce(signal),
    run: (signal) => watch.run(signal, true),
    relist: (file, texts) => {
      const { ids, news } = bootnodes.relist(file, givenIn(file, texts));
      for (const problem of news.slice(0, maxWarnings)) warnOf(log, problem);
      watch.follow(bootnodes.names);
      for (const id of ids) tryNext(id, 'file');
    },
    settled: ({ id, idKey }, outcome) => {
      if (!bootnodes.has(idKey) || hasAnswered(outcome) || outcome.code === 'aborted') return;
      for (const name of bootnodes.namesOf(idKey)) watch.soon(name);
      tryNext(id);
    },
  };
}

/** Says at once which bootnodes cannot be used, each with its reason, and when there is none to begin with. */
export function tellProblems(log: Logger, bootnodes: Bootnodes): void {
  const { given, usable, waiting, problems } = bootnodes.tally();
  for (const problem of problems) warnOf(log, problem);
  const more = given - usable - waiting - problems.length;
  if (more > 0) log.warn('cannot use further bootnodes', { bootnodes: more });
  warnIfNone(log, bootnodes);
}

function warnOf(
  log: Logger,
  problem: Parameters<typeof describeBootnodeProblem>[0] & { bootnode: string; network: string | null },
): void {
  const { bootnode, network, code } = problem;
  log.warn('cannot use this bootnode', {
    bootnode,
    ...(network === null ? {} : { network }),
    code,
    reason: describeBootnodeProblem(problem),
  });
}

function warnIfNone(log: Logger, bootnodes: Bootnodes): void {
  const tally = bootnodes.tally();
  if (tally.usable + tally.waiting === 0) log.warn('no bootnode can be used', { reason: describeNoBootnode(tally) });
}
