import { parseArgs } from 'node:util';
import { createAddressPolicy } from '../crawler/crawl/addressPolicy.ts';
import { Frontier } from '../crawler/crawl/frontier.ts';
import { defaultFrontierLimits } from '../crawler/crawl/roster.ts';
import { planVisit } from '../crawler/crawl/visitNode.ts';
import { createDiscoveryPort } from '../crawler/discoveryPort.ts';
import { openVisits } from '../crawler/openVisits.ts';
import { parseCidr } from '../lib/ipAddress.ts';
import { toSeconds } from '../lib/time.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Discv4Outcome, Discv4Output, Discv4Request } from '../p2p/protocol/discv4Types.ts';
import { privateDiscv4Limits } from '../p2p/protocol/discv4Types.ts';
import { type Discv4Packet, encodeDiscv4, readDiscv4 } from '../p2p/wire/discv4.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { createTestNode, testCurve as curve } from '../testkit/discv4TestNode.ts';
import { type SeededRandom, seededRandom } from '../testkit/seededRandom.ts';
import { machine, round } from './machine.ts';

const warmUpVisits = 100;
const atATime = 40;
/** Answers from a full table before the one that ends the walk. */
const fullAnswers = 8;

/**
 * `npm run bench -- packet --visits 400`: what discovery costs for each packet received, without sockets, database and
 * peers: reading, verifying, asking on, and the frontier. Only the CPU time of these is counted.
 */
export async function run(words: readonly string[]): Promise<object> {
  const { values } = parseArgs({ args: [...words], options: { visits: { type: 'string', default: '400' } } });
  const bench = new PacketBench(seededRandom(5));
  await bench.visitAll(warmUpVisits);
  bench.reset();
  const before = recoverUs();
  await bench.visitAll(Number(values.visits));
  const recover = (before + recoverUs()) / 2;
  const { received, sent } = bench;
  const us = bench.spentUs / received;
  return {
    bench: 'packet',
    machine: machine(),
    received,
    sent,
    cpuUsPerPacket: round(us),
    recoverUs: round(recover),
    packetToRecover: round(us / recover),
  };
}

class PacketBench {
  received = 0;
  sent = 0;
  spentUs = 0;
  readonly #random: SeededRandom;
  readonly #named: readonly NodeContact[];
  readonly #node;
  readonly #frontier;
  readonly #visit;
  // BOUNDED: by the visits of a run.
  readonly #peers = new Map<string, Peer>();
  // BOUNDED: by the requests in flight.
  readonly #waiting = new Map<number, (outcome: Discv4Outcome) => void>();
  #inbox: { readonly ip: string; readonly bytes: Uint8Array }[] = [];

  constructor(random: SeededRandom) {
    const loopback = parseCidr('127.0.0.0/8');
    const policy = createAddressPolicy(loopback === null ? [] : [loopback]);
    this.#random = random;
    this.#named = Array.from({ length: 4_000 }, (_, i) => contactOf(curve.publicKey(random.bytes(32)), ipOf(5, i)));
    this.#node = createTestNode({ limits: { ...privateDiscv4Limits, revalidateMs: null } }).node;
    this.#frontier = new Frontier(policy, defaultFrontierLimits);
    const ask = this.#ask.bind(this);
    this.#visit = openVisits({
      discovery: createDiscoveryPort({
        ping: async (contact) => ofKind('ping', await ask(contact, { kind: 'ping' })),
        requestEnr: async (contact) => ofKind('enr', await ask(contact, { kind: 'enr' })),
        findnode: async (contact, target) => ofKind('findnode', await ask(contact, { kind: 'findnode', target })),
      }),
      dialer: { dial: () => Promise.reject(new Error('nothing is dialled')) },
      policy,
      clock: systemClock,
      random,
    });
  }

  reset(): void {
    this.received = this.sent = this.spentUs = 0;
  }

  async visitAll(count: number): Promise<void> {
    const todo = Array.from(
      { length: count },
      (_, i) => new Peer(this.#random, this.#named, ipOf(9, this.#peers.size + i)),
    );
    for (const peer of todo) this.#peers.set(peer.contact.ip, peer);
    let ended = 0;
    const left = todo.values();
    let underWay = 0;
    const start = (): void => {
      for (const { contact } of left) {
        underWay += 1;
        void this.#visitOne(contact).then(() => {
          underWay -= 1;
          ended += 1;
        });
        if (underWay >= atATime) return;
      }
    };
    while (ended < count) {
      if (underWay < atATime) await this.#measure(start);
      const packets = this.#inbox;
      this.#inbox = [];
      for (const { ip, bytes } of packets) {
        for (const answer of this.#peers.get(ip)?.answer(bytes) ?? []) {
          await this.#measure(() => this.#apply(this.#node.receive(answer, { ip, port: 30_303 }, Date.now())));
        }
      }
      if (packets.length > 0) continue;
      await systemClock.sleep(5);
      await this.#measure(() => this.#apply(this.#node.tick(Date.now())));
    }
  }

  async #visitOne(contact: NodeContact): Promise<void> {
    const plan = { ...planVisit({ headers: [], dialAt: null, direct: false, now: 0 }), enr: false, dial: false };
    await this.#visit(contact, plan, new AbortController().signal, (named) => {
      const now = Date.now();
      for (const node of named) this.#frontier.offer(node, contact.ip, now, now);
    });
  }

  #ask(contact: NodeContact, request: Discv4Request): Promise<Discv4Outcome> {
    return new Promise((resolve) => {
      const { ticket, outputs } = this.#node.request(contact, request, Date.now());
      this.#waiting.set(ticket, resolve);
      this.#apply(outputs);
    });
  }

  #apply(outputs: readonly Discv4Output[]): void {
    for (const output of outputs) {
      if ('send' in output) {
        this.sent += 1;
        this.#inbox.push({ ip: output.send.to.ip, bytes: output.send.bytes });
      } else if (output.event === 'answered') {
        this.#waiting.get(output.ticket)?.(output.outcome);
        this.#waiting.delete(output.ticket);
      } else if (output.event === 'received') {
        this.received += 1;
      }
    }
  }

  /** Counts the CPU of `work` and of all that its promises set going. */
  async #measure(work: () => void): Promise<void> {
    const before = process.cpuUsage();
    work();
    await new Promise((resolve) => setImmediate(resolve));
    const { user, system } = process.cpuUsage(before);
    this.spentUs += user + system;
  }
}

/** Answers as geth does: a PING for a PING, and a full bucket in two packets. */
class Peer {
  readonly contact: NodeContact;
  readonly #key: Uint8Array;
  readonly #random: SeededRandom;
  readonly #named: readonly NodeContact[];
  #asked = 0;

  constructor(random: SeededRandom, named: readonly NodeContact[], ip: string) {
    this.#random = random;
    this.#named = named;
    this.#key = random.bytes(32);
    this.contact = contactOf(curve.publicKey(this.#key), ip);
  }

  answer(bytes: Uint8Array): Uint8Array[] {
    const { packet, hash } = readDiscv4(bytes);
    const expiration = toSeconds(Date.now()) + 20n;
    const { contact } = this;
    const sign = (answer: Discv4Packet): Uint8Array => encodeDiscv4(curve, this.#key, answer).bytes;
    if (packet.kind === 'ping') {
      return [
        sign({ kind: 'pong', to: contact, pingHash: hash, expiration, enrSeq: null }),
        sign({ kind: 'ping', version: 4, from: contact, to: contact, expiration, enrSeq: null }),
      ];
    }
    if (packet.kind !== 'findnode') return [];
    this.#asked += 1;
    const count = this.#asked <= fullAnswers ? 16 : 4;
    const nodes = Array.from({ length: count }, () => this.#random.pick(this.#named));
    const parts = count > 12 ? [nodes.slice(0, 12), nodes.slice(12)] : [nodes];
    return parts.map((part) => sign({ kind: 'neighbors', nodes: part, expiration }));
  }
}

function ofKind<K extends Discv4Request['kind']>(kind: K, outcome: Discv4Outcome) {
  if (isOfKind(kind, outcome)) return outcome;
  throw new TypeError(`asked for ${kind}, got another answer`);
}

type OutcomeOf<K extends Discv4Request['kind']> =
  | Extract<Discv4Outcome, { readonly kind: K }>
  | Exclude<Discv4Outcome, { readonly code: 'ok' }>;

function isOfKind<K extends Discv4Request['kind']>(kind: K, outcome: Discv4Outcome): outcome is OutcomeOf<K> {
  return outcome.code !== 'ok' || outcome.kind === kind;
}

function contactOf(id: Uint8Array, ip: string): NodeContact {
  return { id, ip, udp: 30_303, tcp: 30_303 };
}

function ipOf(block: number, index: number): string {
  return `127.${block}.${index >> 8}.${index & 255}`;
}

function recoverUs(): number {
  const times = 2_000;
  const digest = new Uint8Array(32).fill(3);
  const signature = curve.sign(digest, new Uint8Array(32).fill(7));
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) curve.recover(digest, signature);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
