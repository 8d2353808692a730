import type { DiscoveryProtocol } from '../../lib/discoveryProtocols.ts';
import type { Clock, Random } from '../../p2p/ports.ts';
import type { HeaderWants } from '../../p2p/protocol/rlpxOutcome.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { type AskDiscv4Deps, askDiscv4, type Ears, type Heard, TargetTurns } from './askDiscv4.ts';
import { askDiscv5, type Discv5Port } from './askDiscv5.ts';
import type { AskOrder } from './askOrder.ts';
import type { DialGate } from './dialGate.ts';
import type { SessionFinding, Visit, VisitOutcome, VisitPlan } from './visit.ts';
import { createVisitKey } from './visitKey.ts';
import { findingsOf, silentVisit } from './visitOutcome.ts';

export interface DialPort {
  dial(contact: NodeContact, headers: HeaderWants, signal: AbortSignal): Promise<SessionFinding>;
}

export interface VisitDeps extends AskDiscv4Deps {
  /** null or left out = nobody is asked by discv5. */
  readonly discv5?: Discv5Port | null;
  readonly dialer: DialPort;
  readonly policy: AddressPolicy;
  readonly gate: DialGate;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Makes the visit function. By each protocol: PING, record, and whom the node knows; and a dial. Each only after a fresh
 * PONG, but for direct dials.
 */
export function createVisit(deps: VisitDeps): Visit {
  const turns = new TargetTurns(deps.random);
  return async (contact, plan, signal, onNamed, onAnswer, onIdle) => {
    signal.throwIfAborted();
    const startedAt = deps.clock.now();
    const key = createVisitKey(startedAt, deps.random.bytes(10));
    const outcome = (found: Partial<VisitOutcome>): VisitOutcome => ({
      ...silentVisit({ key, contact, direction: 'outbound', startedAt }, deps.clock.now() - startedAt),
      ...found,
    });
    if (!deps.policy.allows(contact.ip)) return outcome({ code: 'addressRefused' });
    const dial = new OneDial(deps, contact, plan, signal);
    const work = new Work(() => onIdle?.());
    const ask = (by: DiscoveryProtocol): Promise<Heard | null> => {
      let isThere = false;
      const ears: Ears = {
        answered: () => {
          isThere = true;
          work.begin();
          onAnswer?.();
        },
        dialAt: (tcp) => {
          if (dial.begin(tcp)) work.during(dial.ended());
        },
        named: (nodes) => onNamed?.(nodes, by),
      };
      const asked =
        by === 'discv4'
          ? askDiscv4(deps, turns, contact, plan, ears, signal)
          : deps.discv5
            ? askDiscv5(deps.discv5, contact, plan, ears, signal)
            : Promise.resolve(null);
      return asked.finally(() => isThere && work.end());
    };
    const heard = contact.udp > 0 ? await askInOrder(plan.ask, ask) : {};
    const answers = answersOf(heard);
    const pong = heard.discv4?.pong ?? heard.discv5?.pong ?? null;
    if (pong === null) {
      if (plan.direct) onAnswer?.();
      return outcome({ answers, ...(await visitWithoutPong(deps, contact, plan, signal)) });
    }
    const session = await dial.ended();
    return outcome({ contact: { ...contact, tcp: dial.tcp }, answers, pong, ...tellingOf(heard), ...session });
  };
}

type HeardBy = { readonly [P in DiscoveryProtocol]?: Heard | null };

async function askInOrder(
  { first, otherwise }: AskOrder,
  ask: (by: DiscoveryProtocol) => Promise<Heard | null>,
): Promise<HeardBy> {
  const all = async (list: AskOrder['first']): Promise<HeardBy> =>
    Object.fromEntries(await Promise.all(list.map(async (by) => [by, await ask(by)] as const)));
  const heard = await all(first);
  return heard.discv4 || heard.discv5 ? heard : { ...heard, ...(await all(otherwise)) };
}

function answersOf({ discv4, discv5 }: HeardBy): VisitOutcome['answers'] {
  const answer = (heard: Heard | null | undefined): boolean | null => (heard === undefined ? null : heard !== null);
  return { discv4: answer(discv4), discv5: answer(discv5) };
}

/** What both protocols brought: the newer record, and whom it named. */
function tellingOf({ discv4, discv5 }: HeardBy): Pick<VisitOutcome, 'enr' | 'neighbours'> {
  const [one, other] = [discv4?.enr ?? null, discv5?.enr ?? null];
  const enr = one === null || (other !== null && other.seq > one.seq) ? other : one;
  const [a, b] = [discv4?.neighbours ?? null, discv5?.neighbours ?? null];
  if (a === null || b === null) return { enr, neighbours: a ?? b };
  return {
    enr,
    neighbours: { queries: a.queries + b.queries, answers: a.answers + b.answers, named: a.named + b.named },
  };
}

/** The one dial of a visit: it begins once the port is known, by whichever protocol that comes first. */
class OneDial {
  readonly #deps: VisitDeps;
  readonly #contact: NodeContact;
  readonly #plan: VisitPlan;
  readonly #signal: AbortSignal;
  #session: Promise<Partial<VisitOutcome>> | null = null;
  tcp: number;

  constructor(deps: VisitDeps, contact: NodeContact, plan: VisitPlan, signal: AbortSignal) {
    this.#deps = deps;
    this.#contact = contact;
    this.#plan = plan;
    this.#signal = signal;
    this.tcp = contact.tcp;
  }

  /** False if it has begun before. */
  begin(tcp: number): boolean {
    if (this.#session !== null) return false;
    const { dial, headers } = this.#plan;
    this.tcp = tcp;
    this.#session = dial
      ? dialWhenAllowed(this.#deps, { ...this.#contact, tcp }, headers, 'pong', this.#signal)
      : Promise.resolve(notDialled('dialPaused', 'pong'));
    return true;
  }

  async ended(): Promise<Partial<VisitOutcome>> {
    return (await this.#session) ?? notDialled('notDialled', 'pong');
  }
}

/** Says when nothing but an answer to a first question is waited for. */
class Work {
  readonly #onIdle: () => void;
  #parts = 0;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  begin(): void {
    this.#parts += 1;
  }

  end(): void {
    this.#parts -= 1;
    if (this.#parts === 0) this.#onIdle();
  }

  during(part: Promise<unknown>): void {
    this.begin();
    void part.finally(() => this.end());
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

/** Which parts of a node's visit are worth their packets now. `dialAt` null = dial at any time. Pure. */
export function planVisit(input: {
  readonly ask?: AskOrder;
  readonly headers: HeaderWants;
  readonly dialAt: number | null;
  readonly direct: boolean;
  readonly now: number;
}): VisitPlan {
  const { ask = { first: ['discv4'], otherwise: [] }, headers, direct, dialAt, now } = input;
  return { ask, enr: true, findnode: { maxQueries: 17 }, dial: dialAt === null || dialAt <= now, direct, headers };
}
