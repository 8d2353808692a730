import type { Clock, Random } from '../../p2p/ports.ts';
import type { PongFinding } from '../../p2p/protocol/discv4Types.ts';
import type { HeaderWants } from '../../p2p/protocol/rlpxOutcome.ts';
import type { EnrContent } from '../../p2p/wire/enr.ts';
import { keyOf, type NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { advanceWalk, startWalk, type WalkState } from './bucketWalk.ts';
import type { DialGate } from './dialGate.ts';
import type { GroundTargets } from './groundTargets.ts';
import type { SessionFinding, Visit, VisitOutcome, VisitPlan } from './visit.ts';
import { createVisitKey } from './visitKey.ts';
import { findingsOf, silentVisit } from './visitOutcome.ts';

/** discv4 as a visit needs it. Each method gives null if the node is silent; none throws because of a peer. */
export interface DiscoveryPort {
  ping(contact: NodeContact): Promise<PongFinding | null>;
  requestEnr(contact: NodeContact): Promise<EnrContent | null>;
  findnode(contact: NodeContact, wanted: Uint8Array): Promise<readonly NodeContact[] | null>;
}

export interface DialPort {
  dial(contact: NodeContact, headers: HeaderWants, signal: AbortSignal): Promise<SessionFinding>;
}

export interface VisitDeps {
  readonly discovery: DiscoveryPort;
  readonly dialer: DialPort;
  readonly policy: AddressPolicy;
  readonly gate: DialGate;
  readonly targets: GroundTargets;
  readonly hashId: (id: Uint8Array) => Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
}

/** Makes the visit function: PING, record, bucket walk and dial, each only after a fresh PONG, but for direct dials. */
export function createVisit(deps: VisitDeps): Visit {
  const turns = new TargetTurns(deps.random);
  return async (contact, plan, signal, onNamed, onAnswer) => {
    signal.throwIfAborted();
    const startedAt = deps.clock.now();
    const key = createVisitKey(startedAt, deps.random.bytes(10));
    const outcome = (found: Partial<VisitOutcome>): VisitOutcome => ({
      ...silentVisit({ key, contact, direction: 'outbound', startedAt }, deps.clock.now() - startedAt),
      ...found,
    });
    if (!deps.policy.allows(contact.ip)) return outcome({ code: 'addressRefused' });
    const pong = contact.udp > 0 ? await deps.discovery.ping(contact) : null;
    if (pong !== null || plan.direct) onAnswer?.();
    if (pong === null) return outcome(await visitWithoutPong(deps, contact, plan, signal));
    // In parallel: some clients never answer an ENRRequest, and nothing should wait for them.
    const asked = plan.enr ? deps.discovery.requestEnr(contact) : Promise.resolve(null);
    const walked =
      plan.findnode === null ? null : walkBuckets(deps, turns, contact, plan.findnode.maxQueries, signal, onNamed);
    const tcp = contact.tcp > 0 || !plan.dial ? contact.tcp : tcpOf(await asked, contact.ip);
    const [enr, neighbours, session] = await Promise.all([
      asked,
      walked,
      plan.dial
        ? dialWhenAllowed(deps, { ...contact, tcp }, plan.headers, 'pong', signal)
        : notDialled('dialPaused', 'pong'),
    ]);
    return outcome({ contact: { ...contact, tcp }, pong, enr, neighbours, ...session });
  };
}

/** How long a signed FINDNODE is shared with other nodes: a quarter of its life. */
const targetTurnMs = 5_000;

/**
 * Chance among the targets that fit, drawn anew in each turn only: whoever is asked for the same bucket in one turn is
 * asked for the same target, and one signature serves them all.
 */
class TargetTurns {
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

/** No PONG came, or none could: what is left is to dial, if that was planned for such a case. */
async function visitWithoutPong(
  deps: VisitDeps,
  contact: NodeContact,
  { direct, dial, headers }: VisitPlan,
  signal: AbortSignal,
): Promise<Partial<VisitOutcome>> {
  if (signal.aborted) return notDialled('aborted', 'none');
  if (direct && dial && contact.tcp > 0) return dialWhenAllowed(deps, contact, headers, 'none', signal);
  if (contact.udp > 0) return notDialled('pingTimeout', 'none');
  return notDialled(direct && !dial ? 'dialPaused' : 'notDialled', 'none');
}

/** A visit that ends before the dial. */
function notDialled(
  code: 'pingTimeout' | 'notDialled' | 'dialPaused' | 'dialThrottled' | 'aborted',
  stage: 'none' | 'pong',
): Pick<VisitOutcome, 'stage' | 'code'> {
  return { stage, code };
}

async function dialWhenAllowed(
  deps: VisitDeps,
  contact: NodeContact,
  headers: HeaderWants,
  before: 'none' | 'pong',
  signal: AbortSignal,
): Promise<Partial<VisitOutcome>> {
  if (contact.tcp === 0) return notDialled('notDialled', before);
  if (!deps.gate.tryDial(contact.ip, deps.clock.now())) return notDialled('dialThrottled', before);
  return findingsOf(await deps.dialer.dial(contact, headers, signal), before);
}

async function walkBuckets(
  deps: VisitDeps,
  turns: TargetTurns,
  contact: NodeContact,
  maxQueries: number,
  signal: AbortSignal,
  onNamed: ((named: readonly NodeContact[]) => void) | undefined,
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
    if (fresh.length > 0) onNamed?.(fresh);
    const progress = answer === null ? null : { named: answer.length, fresh: fresh.length };
    state = advanceWalk(state, idHash, progress, maxQueries);
  }
  return { queries: state.queries, answers, named: named.size };
}

function tcpOf(enr: EnrContent | null, ip: string): number {
  if (enr === null) return 0;
  return (ip.includes(':') ? (enr.tcp6 ?? enr.tcp) : enr.tcp) ?? 0;
}

/** Which parts of a node's visit are worth their packets now. `dialAt` null = dial at any time. Pure. */
export function planVisit(input: {
  readonly headers: HeaderWants;
  readonly dialAt: number | null;
  readonly direct: boolean;
  readonly now: number;
}): VisitPlan {
  const { headers, direct, dialAt, now } = input;
  return { enr: true, findnode: { maxQueries: 17 }, dial: dialAt === null || dialAt <= now, direct, headers };
}
