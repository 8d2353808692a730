import type { BootnodeProblem, BootnodeProblemCode } from '../../lib/bootnodeProblem.ts';
import type { NameAnswer } from '../../p2p/ports.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { AddressPolicy } from './addressPolicy.ts';
import { type ReadBootnode, readBootnode } from './readBootnode.ts';
import type { VisitOutcome } from './visit.ts';
import { hasAnswered } from './visitOutcome.ts';

/** A node that the operator named, as it was written. */
export interface GivenBootnode {
  readonly text: string;
  /** Slug of the network whose file names it; null = the settings do. */
  readonly network: string | null;
  readonly source: 'bootnode' | 'file';
  /** The file that lists it, where one does. */
  readonly file?: string;
}

/** A list of nodes that is read while the crawl runs: it can be used once it named nodes, and is waited for until then. */
export interface ListState {
  /** That it named when it was read last. */
  readonly nodes: number;
  readonly wasRead: boolean;
  readonly problem: { readonly code: BootnodeProblemCode; readonly about: string } | null;
}

/** How far the crawl got with its bootnodes; of nodes (IDs) from `tried` on. */
export interface BootnodeTally {
  readonly given: number;
  /** Have an address that may be contacted. */
  readonly usable: number;
  /** Have a name that nobody has looked up yet. */
  readonly waiting: number;
  readonly tried: number;
  /** By a PONG or a handshake. */
  readonly answered: number;
  readonly pinged: number;
  /** By a PONG. */
  readonly alive: number;
  /** At most maxProblems of them. */
  readonly problems: readonly BootnodeProblem[];
}

export const noBootnodes: BootnodeTally = {
  ...{ given: 0, usable: 0, waiting: 0, tried: 0, answered: 0, pinged: 0, alive: 0, problems: [] },
};

interface Entry {
  readonly given: GivenBootnode;
  readonly read: ReadBootnode;
  /** Where it may be contacted; of a name, as it was looked up last. */
  contacts: readonly NodeContact[];
  problem: { readonly code: BootnodeProblemCode; readonly about: string } | null;
}

export interface BootnodeDeps {
  readonly curve: Curve;
  readonly policy: Pick<AddressPolicy, 'allows'>;
}

const maxProblems = 50;
const maxShown = 300;
/** Addresses of a name that are tried in turn. */
const maxAddresses = 16;

/** The nodes from which the crawl begins: which can be used, at which addresses, and why the others cannot. */
export class Bootnodes {
  readonly #policy: BootnodeDeps['policy'];
  readonly #curve: Curve;
  /** BOUNDED: by what is given. */
  #entries: readonly Entry[];
  /** BOUNDED: by the entries; those of one node together. */
  readonly #byId = new Map<string, Entry[]>();
  /** BOUNDED: by the settings. */
  readonly #lists = new Map<string, { readonly given: GivenBootnode; readonly state: ListState }>();
  readonly #dnsLists: readonly GivenBootnode[];
  /** Keys of nodes. BOUNDED: by the entries. */
  readonly #visits = {
    tried: new Set<string>(),
    answered: new Set<string>(),
    pinged: new Set<string>(),
    alive: new Set<string>(),
  };
  /** Addresses that did not answer since one did. BOUNDED: by the addresses of the entries. */
  readonly #silent = new Map<string, Set<string>>();

  /** `dnsLists`: lists that the networks name besides and that nobody reads, as far as they could serve instead. */
  constructor(given: readonly GivenBootnode[], dnsLists: readonly GivenBootnode[], { curve, policy }: BootnodeDeps) {
    this.#policy = policy;
    this.#curve = curve;
    this.#dnsLists = dnsLists;
    this.#entries = given.map((one) => this.#enter(one));
  }

  /** The file that listed these nodes lists others now. Tells what is new of it: nodes, and problems. */
  relist(
    file: string,
    given: readonly GivenBootnode[],
  ): { readonly ids: Uint8Array[]; readonly news: BootnodeProblem[] } {
    const before = new Set(this.#entries.flatMap((entry) => (entry.given.file === file ? entry.given.text : [])));
    const now = new Set(given.map(({ text }) => text));
    const gone = (entry: Entry): boolean => entry.given.file === file && !now.has(entry.given.text);
    for (const [idKey, entries] of this.#byId) {
      const left = entries.filter((entry) => !gone(entry));
      if (left.length === 0) this.#byId.delete(idKey);
      else this.#byId.set(idKey, left);
    }
    const added = given.filter(({ text }) => !before.has(text)).map((one) => this.#enter(one));
    this.#entries = [...this.#entries.filter((entry) => !gone(entry)), ...added];
    return {
      ids: added.flatMap(({ read }) => (read.at === 'unusable' ? [] : read.id)),
      news: added.flatMap((entry) => (entry.problem === null ? [] : toProblem(entry.given, entry.problem))),
    };
  }

  /** How a list of nodes stands that is read while the crawl runs. */
  noteList(given: GivenBootnode, state: ListState): void {
    this.#lists.set(given.text, { given, state });
  }

  /** Host names to be looked up, each once. */
  get names(): readonly string[] {
    return [...new Set(this.#entries.flatMap(({ read }) => (read.at === 'name' ? read.name : [])))];
  }

  /** What can be visited now: the first address of each node. */
  firstContacts(): { readonly contact: NodeContact; readonly source: GivenBootnode['source'] }[] {
    return [...this.#byId.values()].flatMap((entries) => {
      const entry = entries.find(({ contacts }) => contacts.length > 0);
      const contact = entry?.contacts[0];
      return entry === undefined || contact === undefined ? [] : { contact, source: entry.given.source };
    });
  }

  has(idKey: string): boolean {
    return this.#byId.has(idKey);
  }

  /** The host names of a node. */
  namesOf(idKey: string): string[] {
    return this.#byId.get(idKey)?.flatMap(({ read }) => (read.at === 'name' ? read.name : [])) ?? [];
  }

  /** A name was looked up. Tells the nodes that have it and which problems are new, null for one that is over. */
  answered(
    name: string,
    answer: NameAnswer,
  ): { readonly ids: Uint8Array[]; readonly news: (BootnodeProblem | null)[] } {
    const ids: Uint8Array[] = [];
    const news: (BootnodeProblem | null)[] = [];
    for (const entry of this.#entries) {
      const { read, problem: before } = entry;
      if (read.at !== 'name' || read.name !== name) continue;
      if (answer.at === 'found') {
        const { id, udp, tcp } = read;
        this.#place(
          entry,
          answer.ips.slice(0, maxAddresses).map((ip) => ({ id, ip, udp, tcp })),
        );
        ids.push(id);
      } else {
        // What it had is kept: the name server may only be away.
        const code = answer.at === 'unknown' ? 'nameUnknown' : 'nameUnanswered';
        entry.problem = entry.contacts.length > 0 && answer.at === 'unanswered' ? null : { code, about: name };
      }
      if (before?.code === entry.problem?.code && before?.about === entry.problem?.about) continue;
      news.push(entry.problem === null ? null : toProblem(entry.given, entry.problem));
    }
    return { ids, news };
  }

  /** It is one of our own identities. */
  disown(idKey: string): void {
    for (const entry of this.#byId.get(idKey) ?? []) entry.problem = { code: 'ownNode', about: '' };
  }

  /** Counts a visit, and notes whether the address answered. */
  visited(idKey: string, outcome: VisitOutcome): void {
    if (outcome.direction !== 'outbound' || !this.has(idKey)) return;
    const { tried, answered, pinged, alive } = this.#visits;
    tried.add(idKey);
    if (outcome.contact.udp > 0) pinged.add(idKey);
    if (outcome.pong !== null) alive.add(idKey);
    if (hasAnswered(outcome)) {
      answered.add(idKey);
      this.#silent.delete(idKey);
    } else {
      const silent = this.#silent.get(idKey) ?? new Set();
      this.#silent.set(idKey, silent.add(endpointKey(outcome.contact)));
    }
  }

  /**
   * Where to look for a node that did not answer where it was visited last: an address that was not tried since, or, once
   * all were, the first with `isNew` false. null if there is none.
   */
  nextContact(idKey: string): { readonly contact: NodeContact; readonly isNew: boolean } | null {
    const contacts = this.#byId.get(idKey)?.flatMap((entry) => entry.contacts) ?? [];
    const silent = this.#silent.get(idKey);
    const fresh = contacts.find((contact) => silent?.has(endpointKey(contact)) !== true);
    if (fresh !== undefined) return { contact: fresh, isNew: true };
    this.#silent.delete(idKey);
    const [first] = contacts;
    return first === undefined ? null : { contact: first, isNew: false };
  }

  tally(): BootnodeTally {
    const usable = this.#entries.filter(({ contacts, problem }) => contacts.length > 0 && problem === null).length;
    const waiting = this.#entries.filter(({ contacts, problem }) => contacts.length === 0 && problem === null).length;
    const { tried, answered, pinged, alive } = this.#visits;
    const problems = this.#entries.flatMap(({ given, problem }) => (problem === null ? [] : toProblem(given, problem)));
    const lists = [...this.#lists.values()];
    const usableLists = lists.filter(({ state }) => state.nodes > 0).length;
    const waitingLists = lists.filter(
      ({ state }) => state.nodes === 0 && !state.wasRead && state.problem === null,
    ).length;
    const listProblems = lists.flatMap(({ given, state }) =>
      state.problem === null ? [] : toProblem(given, state.problem),
    );
    const unread =
      usable + waiting + usableLists + waitingLists > 0
        ? []
        : this.#dnsLists.map((list) => toProblem(list, { code: 'dnsList', about: '' }));
    return {
      given: this.#entries.length + lists.length,
      ...{ usable: usable + usableLists, waiting: waiting + waitingLists },
      ...{ tried: tried.size, answered: answered.size, pinged: pinged.size, alive: alive.size },
      problems: [...listProblems, ...problems, ...unread].slice(0, maxProblems),
    };
  }

  #enter(given: GivenBootnode): Entry {
    const read = readBootnode(this.#curve, given.text);
    const entry: Entry = { given, read, contacts: [], problem: null };
    if (read.at === 'unusable') {
      entry.problem = { code: read.code, about: '' };
      return entry;
    }
    const { id } = read;
    const idKey = bytesToKey(id);
    this.#byId.set(idKey, [...(this.#byId.get(idKey) ?? []), entry]);
    if (read.at === 'endpoints')
      this.#place(
        entry,
        read.endpoints.map((endpoint) => ({ id, ...endpoint })),
      );
    return entry;
  }

  #place(entry: Entry, contacts: readonly NodeContact[]): void {
    entry.contacts = contacts.filter(({ ip }) => this.#policy.allows(ip));
    const about = contacts.map(({ ip }) => (ip.includes(':') ? `[${ip}]` : ip)).join(', ');
    if (entry.contacts.length > 0) entry.problem = null;
    else if (contacts.every(({ ip }) => isUnspecified(ip))) entry.problem = { code: 'addressUnspecified', about };
    else entry.problem = { code: 'addressRefused', about };
  }
}

/** The nodes that a file lists. */
export function givenIn(file: string, texts: readonly string[]): GivenBootnode[] {
  return texts.map((text) => ({ text, network: null, source: 'file', file }));
}

function toProblem({ text, network }: GivenBootnode, problem: NonNullable<Entry['problem']>): BootnodeProblem {
  return { bootnode: text.trim().slice(0, maxShown), network, ...problem };
}

function endpointKey({ ip, udp, tcp }: NodeContact): string {
  return `${ip} ${udp} ${tcp}`;
}

function isUnspecified(ip: string): boolean {
  return ip === '::' || ip === '0.0.0.0';
}
