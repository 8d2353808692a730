import { backoffMs, spreadMs } from '../../lib/backoff.ts';
import { type BootnodeProblemCode, describeBootnodeProblem } from '../../lib/bootnodeProblem.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { DnsTreeError } from '../../p2p/wire/dnsTree.ts';
import { type Enr, formatEnr } from '../../p2p/wire/enr.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { GivenBootnode } from '../crawl/bootnodes.ts';
import { placesOf } from '../crawl/readBootnode.ts';
import type { GivenTree } from './selectSources.ts';
import type { SourceBooks } from './sourceBooks.ts';
import { atOnce, contactsOf, type SourcesDeps } from './sourcesDeps.ts';
import { loadTree, saveTree, treeFile } from './treeCache.ts';
import { TreeList, type TreeReading } from './treeList.ts';

const jitter = { least: 0.8, most: 1.2 } as const;
/** A list that is bad or away is asked for again after a minute, then ever more rarely, up to six hours. */
const retryFirstMs = 60_000;
const retryMostMs = 6 * 3_600_000;

/** A list in DNS at work: what it names comes in at the start, and when its root has changed. */
export class FollowedTree {
  readonly #deps: SourcesDeps;
  readonly #given: GivenBootnode;
  readonly #domain: string;
  readonly #books: SourceBooks;
  readonly #list: TreeList;
  readonly #path: string;
  /** Where the nodes are that it named in this run, by the text of the record. BOUNDED: by the records of the last reading. */
  #named = new Map<string, readonly NodeContact[]>();
  #failures = 0;
  /** What was told of it last. */
  #told = '';
  #dueAt = 0;

  constructor(deps: SourcesDeps, { link, network }: GivenTree, books: SourceBooks) {
    this.#deps = deps;
    this.#given = { text: link.text, network, source: 'bootnode' };
    this.#domain = link.domain;
    this.#books = books;
    this.#path = treeFile(deps.dataDir, link.text);
    this.#list = new TreeList(deps, link, loadTree(this.#path, link.text));
  }

  /** What was kept of it, without asking anybody. */
  async begin(signal: AbortSignal): Promise<void> {
    const { onState, log } = this.#deps;
    const { text } = this.#given;
    onState(this.#given, { nodes: 0, wasRead: false, problem: null });
    const reading = await this.#list.recall(signal, (enr) => this.#take(enr));
    if (reading.at !== 'whole' && reading.at !== 'partial') return;
    const { nodes } = reading;
    this.#books.recalled(text, nodes);
    onState(this.#given, { nodes, wasRead: false, problem: null });
    log.info('a list of nodes in DNS is taken up as it was kept', { list: text, nodes });
  }

  /** Asks for it on its schedule until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      await clock.sleep(Math.max(0, this.#dueAt - clock.now()), signal);
      if (!signal.aborted) await this.refresh(signal);
    }
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const { clock, random, refreshMs } = this.#deps;
    const before = this.#named;
    this.#named = new Map();
    const reading = await this.#list.refresh(signal, (enr) => this.#take(enr, before));
    if (reading.at !== 'whole' && reading.at !== 'partial') this.#named = before;
    this.#heed(reading);
    if (reading.at === 'unchanged') await this.#nameAgain(signal);
    const retry = { firstMs: Math.min(retryFirstMs, refreshMs), maxMs: Math.max(retryMostMs, refreshMs) };
    const waitMs = this.#failures === 0 ? refreshMs : backoffMs(retry, this.#failures);
    this.#dueAt = clock.now() + spreadMs(waitMs, jitter, random.next());
  }

  /** What became of a reading: kept on disk, told where it is news. */
  #heed(reading: TreeReading): void {
    if (reading.at === 'stopped') {
      this.#keep();
      return;
    }
    const now = this.#deps.clock.now();
    const { text } = this.#given;
    this.#failures = reading.at === 'failed' ? this.#failures + 1 : 0;
    if (reading.at === 'failed' || reading.at === 'unchanged') this.#books.read(text, reading.at, null, 0, now);
    else {
      this.#books.read(text, reading.at, reading.nodes, reading.faults.length, now);
      this.#keep();
    }
    this.#tell(reading);
    const problem = reading.at === 'failed' ? { code: problemOf(reading.fault), about: this.#domain } : null;
    this.#deps.onState(this.#given, { nodes: this.#books.of(text).nodes, wasRead: true, problem });
  }

  /** `before`: the records that it named at the last reading. */
  #take(enr: Enr, before: ReadonlyMap<string, unknown> = new Map()): void {
    const text = formatEnr(enr);
    const contacts = contactsOf(placesOf(enr));
    this.#named.set(text, contacts);
    for (const contact of contacts) this.#deps.onNode(contact, 'dns', !before.has(text));
  }

  /** There may have been no room for them before, or they have been forgotten since. */
  async #nameAgain(signal: AbortSignal): Promise<void> {
    let told = 0;
    for (const contact of [...this.#named.values()].flat()) {
      if (signal.aborted) return;
      this.#deps.onNode(contact, 'dns', false);
      if (++told % atOnce === 0) await this.#deps.clock.sleep(0, signal);
    }
  }

  #keep(): void {
    const file = this.#path;
    try {
      saveTree(file, this.#given.text, this.#list.kept);
    } catch (error) {
      this.#deps.log.warn('a list of nodes in DNS could not be kept for the next start', {
        file,
        reason: reasonOf(error),
      });
    }
  }

  /** Once when a list becomes good, partial or bad, and each time why changes; not at every look. */
  #tell(reading: Exclude<TreeReading, { at: 'stopped' }>): void {
    const { log } = this.#deps;
    const list = this.#given.text;
    const fault = reading.at === 'failed' ? reading.fault : reading.at === 'partial' ? reading.faults[0] : undefined;
    const said = `${reading.at === 'unchanged' ? 'whole' : reading.at} ${fault?.code ?? ''}`;
    const isNews = said !== this.#told;
    this.#told = said;
    if (reading.at === 'whole') log.info('a list of nodes in DNS was read', { list, nodes: reading.nodes });
    if (!isNews) return;
    if (reading.at === 'unchanged') log.info('a list of nodes in DNS can be read again', { list });
    else if (reading.at === 'partial') {
      const fields = {
        list,
        nodes: reading.nodes,
        badEntries: reading.faults.length,
        code: fault?.code ?? '',
      };
      log.warn('entries of a list of nodes in DNS are bad or missing; the others are used', fields);
    } else if (reading.at === 'failed') {
      const reason = describeBootnodeProblem({ code: problemOf(reading.fault), about: this.#domain });
      const fields = { list, code: reading.fault.code, failures: this.#failures, reason };
      log.warn('a list of nodes in DNS cannot be used; what was known of it stays', fields);
    }
  }
}

/** What is wrong with a list as a whole, in the words for what a crawl begins with. */
function problemOf({ code }: DnsTreeError): BootnodeProblemCode {
  switch (code) {
    case 'treeUnanswered':
      return 'listUnanswered';
    case 'treeMissing':
      return 'listMissing';
    case 'treeSignature':
      return 'listForged';
    case 'treeSequence':
      return 'listOlder';
    default:
      return 'listBroken';
  }
}
