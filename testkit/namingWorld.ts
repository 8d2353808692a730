/** What peers name against what the crawl makes of it: the whole loop under a simulated clock, always the same world. */

import assert from 'node:assert/strict';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { type AddressPolicy, createAddressPolicy } from '../crawler/crawl/addressPolicy.ts';
import { defaultSchedule, nextDueAt, type SchedulePolicy } from '../crawler/crawl/backoff.ts';
import { runCrawlLoop } from '../crawler/crawl/crawlLoop.ts';
import { DialGate } from '../crawler/crawl/dialGate.ts';
import { Frontier } from '../crawler/crawl/frontier.ts';
import { GroundTargets } from '../crawler/crawl/groundTargets.ts';
import { defaultFrontierLimits, type FrontierLimits } from '../crawler/crawl/roster.ts';
import type { Visit } from '../crawler/crawl/visit.ts';
import { createVisit } from '../crawler/crawl/visitNode.ts';
import { parseCidr } from '../lib/ipAddress.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { type SeededRandom, seededRandom } from './seededRandom.ts';
import { SimulatedClock } from './simulatedClock.ts';

const targets = new GroundTargets(keccak_256);
/** What a node that is alive answers to FINDNODE. */
export type Names = () => readonly NodeContact[];

/** A world of names to be filled with nodes; those without an answer are silent. Nobody is dialled. */
export function createNamingWorld(
  allowed: readonly string[] = [],
  maxQueries = 5,
  limits: FrontierLimits = defaultFrontierLimits,
) {
  const policy = createAddressPolicy(allowed.map((cidr) => parseCidr(cidr) ?? assert.fail(cidr)));
  const clock = new SimulatedClock();
  const random = seededRandom(20);
  const alive = new Map<string, Names>();
  const frontier = new Frontier(policy, limits);
  const keyOf = ({ id, ip }: NodeContact) => `${Buffer.from(id).toString('hex')} ${ip}`;
  const pinged: string[] = [];
  const calls = { ping: 0, findnode: 0 };
  const codes = new Map<string, number>();
  const answered = new Set<string>();
  const namesOf = (contact: NodeContact): Names | undefined => alive.get(keyOf(contact));
  const world = { policy, clock, random, calls, pinged, namesOf };
  const visit = createWorldVisit(world);
  return {
    clock,
    random,
    frontier,
    calls,
    codes,
    answered,
    pinged,
    at: (ip: string): NodeContact => ({ id: random.bytes(64), ip, udp: 30_303, tcp: 30_303 }),
    live(contact: NodeContact, names: Names): NodeContact {
      alive.set(keyOf(contact), names);
      return contact;
    },
    /** It is silent from now on. */
    end(contact: NodeContact): void {
      alive.delete(keyOf(contact));
    },
    async crawl(first: readonly NodeContact[], once = true, forMs = 0, schedule = defaultSchedule): Promise<void> {
      const stop = new AbortController();
      for (const contact of first) frontier.offer(contact, null, clock.now(), clock.now());
      const running = runCrawlLoop(
        {
          frontier,
          visit,
          plan: () => ({
            ask: { first: ['discv4'], otherwise: [] },
            enr: false,
            findnode: { maxQueries },
            dial: false,
            direct: false,
            headers: [],
          }),
          sinks: {
            outcome: async ({ pong, contact }) => {
              if (pong !== null) answered.add(Buffer.from(contact.id).toString('hex'));
            },
            named: (code) => codes.set(code, (codes.get(code) ?? 0) + 1),
          },
          clock,
          random,
          schedule,
        },
        { once, maxConcurrent: 64, spreadMs: 0 },
        stop.signal,
      );
      if (!once) {
        await clock.drive(clock.sleep(forMs));
        stop.abort();
      }
      await clock.drive(running);
    },
    /** Lets months pass: one visit after the other, each in no time, without the loop, which would look every second. */
    skim: (forMs: number, schedule = defaultSchedule) => skim(frontier, world, answered, forMs, schedule),
  };
}

/** Each in a /24 of its own. */
export const publicIp = (i: number): string => `${20 + (i >> 14)}.${(i >> 8) & 63}.${i & 255}.7`;

interface WorldOfNames {
  readonly policy: AddressPolicy;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly calls: { ping: number; findnode: number };
  readonly pinged: string[];
  namesOf(contact: NodeContact): Names | undefined;
}

function createWorldVisit({ policy, clock, random, calls, pinged, namesOf }: WorldOfNames): Visit {
  return createVisit({
    discovery: {
      async ping(contact) {
        calls.ping++;
        pinged.push(contact.ip);
        const there = namesOf(contact) !== undefined;
        await clock.sleep(there ? 20 : 1_000);
        return there ? { rttMs: 20, enrSeq: null, ourIp: null, ourUdp: 1, clockSkewMs: null } : null;
      },
      requestEnr: async () => null,
      async findnode(contact) {
        calls.findnode++;
        await clock.sleep(20);
        return namesOf(contact)?.() ?? null;
      },
    },
    dialer: { dial: () => assert.fail('nobody is dialled here') },
    policy,
    gate: new DialGate(policy),
    targets,
    hashId: keccak_256,
    clock,
    random,
  });
}

async function skim(
  frontier: Frontier,
  { clock, random, namesOf }: WorldOfNames,
  answered: Set<string>,
  forMs: number,
  schedule: SchedulePolicy,
): Promise<void> {
  const end = clock.now() + forMs;
  for (let at = frontier.nextDueAt(); at !== null && at <= end; at = frontier.nextDueAt()) {
    if (at > clock.now()) await clock.drive(clock.sleep(at - clock.now()));
    const node = frontier.take(clock.now());
    if (node === null) continue;
    const now = clock.now();
    const contact = frontier.contactOf(node);
    const names = namesOf(contact);
    for (const named of names?.() ?? []) frontier.offer(named, contact.ip, now, now);
    if (names !== undefined) answered.add(Buffer.from(contact.id).toString('hex'));
    const failures = names === undefined ? node.failures + 1 : 0;
    const { lastAliveAt, firstSeenAt } = node;
    const result = names === undefined ? 'silent' : 'alive';
    const dueAt = nextDueAt(
      {
        now,
        result,
        lastAliveAt,
        firstSeenAt,
        failures,
        namedAt: 0,
        unwatchedMs: 0,
        dialAt: null,
        chance: random.next(),
      },
      schedule,
    );
    frontier.settle(node, contact, names !== undefined, now, dueAt);
  }
}
