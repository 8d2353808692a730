import type { Clock, Random } from '../../p2p/ports.ts';
import type { PongFinding } from '../../p2p/protocol/discv4Types.ts';
import { keyOf, type NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { hasRlpx } from '../../p2p/wire/readPlaces.ts';
import { advanceWalk, startWalk, type WalkState } from './bucketWalk.ts';
import type { GroundTargets } from './groundTargets.ts';
import type { VisitedRecord, VisitOutcome, VisitPlan } from './visit.ts';

/** discv4 as a visit needs it. Each method gives null if the node is silent; none throws because of a peer. */
export interface DiscoveryPort {
  ping(contact: NodeContact): Promise<PongFinding | null>;
  requestEnr(contact: NodeContact): Promise<VisitedRecord | null>;
  findnode(contact: NodeContact, wanted: Uint8Array): Promise<readonly NodeContact[] | null>;
}

/** What a node told by one protocol. */
export interface Heard {
  readonly pong: PongFinding;
  readonly enr: VisitedRecord | null;
  readonly neighbours: VisitOutcome['neighbours'];
}

/** What is told while a node is asked. */
export interface Ears {
  /** It is there. */
  answered(): void;
  /** Its port for RLPx is known: 0 = its record says that it has none. */
  dialAt(tcp: number): void;
  /** Nodes that it has not named before by this protocol. */
  named(nodes: readonly NodeContact[]): void;
}

export interface AskDiscv4Deps {
  readonly discovery: DiscoveryPort;
  readonly targets: GroundTargets;
  readonly hashId: (id: Uint8Array) => Uint8Array;
  readonly clock: Clock;
}

/** PING, record and bucket walk; null if the node is silent. */
export async function askDiscv4(
  deps: AskDiscv4Deps,
  turns: TargetTurns,
  contact: NodeContact,
  plan: VisitPlan,
  ears: Ears,
  signal: AbortSignal,
): Promise<Heard | null> {
  const pong = await deps.discovery.ping(contact);
  if (pong === null) return null;
  ears.answered();
  // In parallel: some clients never answer an ENRRequest, and nothing should wait for them.
  const asked = plan.enr ? deps.discovery.requestEnr(contact) : Promise.resolve(null);
  const walked =
    plan.findnode === null ? null : walkBuckets(deps, turns, contact, plan.findnode.maxQueries, ears, signal);
  if (contact.tcp > 0 || !plan.dial) ears.dialAt(contact.tcp);
  else {
    const record = await asked;
    // Without a record the other protocol may still bring the port.
    if (record !== null) ears.dialAt(tcpOf(record, contact.ip));
  }
  const [enr, neighbours] = await Promise.all([asked, walked]);
  return { pong, enr, neighbours };
}

/** How long a signed FINDNODE is shared with other nodes: a quarter of its life. */
const targetTurnMs = 5_000;

/**
 * Chance among the targets that fit, drawn anew in each turn only: whoever is asked for the same bucket in one turn is
 * asked for the same target, and one signature serves them all.
 */
export class TargetTurns {
  readonly #random: Random;
  #until = Number.NEGATIVE_INFINITY;
  #chance = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  chance(now: number): number {
    if (now >= this.#until || now < this.#until - targetTurnMs) {
      this.#until = now + targetTurnMs;
      this.#chance = this.#random.next();
    }
    return this.#chance;
  }
}

async function walkBuckets(
  deps: AskDiscv4Deps,
  turns: TargetTurns,
  contact: NodeContact,
  maxQueries: number,
  ears: Ears,
  signal: AbortSignal,
): Promise<NonNullable<VisitOutcome['neighbours']>> {
  const idHash = deps.hashId(contact.id);
  /** IDs only: hundreds of visits go on at a time. BOUNDED: by maxQueries answers, each bounded by the discovery machine. */
  const named = new Set<string>();
  let answers = 0;
  let state: WalkState = startWalk(idHash, maxQueries);
  while (state.step.at === 'ask' && !signal.aborted) {
    const { prefix16, bits } = state.step;
    const chance = turns.chance(deps.clock.now());
    const answer = await deps.discovery.findnode(contact, deps.targets.target(prefix16, bits, chance));
    const fresh: NodeContact[] = [];
    if (answer !== null) answers++;
    for (const node of answer ?? []) {
      const key = keyOf(node);
      if (named.has(key)) continue;
      named.add(key);
      fresh.push(node);
    }
    if (fresh.length > 0) ears.named(fresh);
    const progress = answer === null ? null : { named: answer.length, fresh: fresh.length };
    state = advanceWalk(state, idHash, progress, maxQueries);
  }
  return { queries: state.queries, answers, named: named.size };
}

/** The port for RLPx that a record names for this address; 0 = none. */
export function tcpOf(enr: VisitedRecord, ip: string): number {
  if (!hasRlpx(enr)) return 0;
  return (ip.includes(':') ? (enr.tcp6 ?? enr.tcp) : enr.tcp) ?? 0;
}
