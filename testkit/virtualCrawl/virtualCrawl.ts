import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { readCrawlerConfig } from '../../crawler/config.ts';
import type { CrawlProgress, CrawlResult } from '../../crawler/crawlerOptions.ts';
import { run } from '../../crawler/main.ts';
import type { Logger, NameAnswer, Names, TextAnswer, Texts } from '../../p2p/ports.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { Sql } from '../../sql/client.ts';
import { heldDatabase } from '../heldDatabase.ts';
import { OneAtATime } from '../holdQueries.ts';
import { type HostSockets, MemoryWire, type MemoryWireOptions } from '../memoryWire/memoryWire.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedClock } from '../simulatedClock.ts';
import type { Callee } from '../simulatedNetwork/nodeServing.ts';
import { type InProcessNetwork, openSimulatedNetwork } from '../simulatedNetwork/simulatedRun.ts';
import type { SimulatedScenario } from '../simulatedNetwork/simulatedWorld.ts';
import { standInCurve } from '../standInCurve.ts';
import { type ClockSettings, createMortalWorld, type MortalWorld } from './mortalWorld.ts';
import { readCallees } from './readCallees.ts';

export interface VirtualCrawlOptions {
  readonly scenario: SimulatedScenario;
  /** A migrated database of its own. */
  readonly databaseUrl: string;
  /** Seed of all randomness but the scenario's, which has its own. */
  readonly seed: number;
  /** By default the stand-in. */
  readonly curve?: Curve;
  /** ms since the epoch, when the simulation begins; always the same when left out. */
  readonly startedAt?: number;
  /** Called with each debug line of a crawler. */
  readonly onDebug?: Logger['debug'];
  readonly wire?: Pick<MemoryWireOptions, 'minLatencyMs' | 'maxLatencyMs' | 'loss'>;
  /** Where everybody is: on loopback, under the limits of private chains, or at public addresses, under all of them. */
  readonly addresses?: 'loopback' | 'public';
  /** Slugs of the networks that crawlers watch; all that there are when left out. */
  readonly watched?: readonly string[];
}

/** Settings of a crawler by their names on the command line. */
export type CrawlerFlags = Readonly<Record<string, string | boolean>>;

/** A simulated network and crawlers of it in one process, under one simulated clock; only PostgreSQL is real. */
export interface VirtualCrawl extends AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly wire: MemoryWire;
  readonly network: InProcessNetwork;
  /** Addresses of host names; other names are unknown. May be changed during the run. */
  readonly names: Map<string, NameAnswer>;
  /** The same of their texts in DNS; names are asked for in lower case. */
  readonly texts: Map<string, TextAnswer>;
  /** The crawlers' wall clocks and the database's, which a test may set. */
  readonly clocks: ClockSettings;
  /** Queries and transactions so far. */
  readonly queries: number;
  /** For queries of the test's own. */
  readonly sql: Sql;
  /**
   * Starts a crawler, which goes on while time passes; with `once` until every node was visited. One that was stopped or
   * killed begins anew under its name: with its keys and files, at its address.
   */
  start(vantage: string, flags?: CrawlerFlags, once?: boolean): VirtualCrawler;
  /** Lets time pass until the work has settled. Rejects when a crawler fails. */
  drive<T>(work: Promise<T>): Promise<T>;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
}

/** A crawler at work in the simulation. */
export interface VirtualCrawler {
  readonly registry: Registry;
  /** Its settings, as the API beside it needs some of them: by their names on the command line. */
  readonly flags: CrawlerFlags;
  /** Its log from `info` up, a line each. */
  readonly log: readonly string[];
  /** Its last progress report, at most a second old; null before the first. */
  readonly progress: CrawlProgress | null;
  /** Ends it as SIGTERM does; null for one that was killed. */
  stop(): Promise<CrawlResult | null>;
  /** Ends it as the death of its machine does: leases stay, nobody hears of it any more. */
  kill(): Promise<void>;
  /** Settles when it ends by itself or by `stop`. */
  readonly ended: Promise<CrawlResult>;
}

/** How long a name server takes. */
const lookUpMs = 20;
const defaultStart = Date.UTC(2027, 0, 4, 9);
/** Of the nodes' addresses, 127.90.1.1 and on or 45.90.1.1 and on; crawlers are at 127.0.0.1 and on or 44.0.0.1 and on. */
const second = 90;
const octets = { loopback: { nodes: 127, crawlers: 127 }, public: { nodes: 45, crawlers: 44 } } as const;
const port = 30_303;

export async function openVirtualCrawl(options: VirtualCrawlOptions): Promise<VirtualCrawl> {
  const { scenario, seed, curve = standInCurve, startedAt = defaultStart, onDebug = () => {} } = options;
  const { addresses = 'loopback' } = options;
  const first = octets[addresses];
  const clock = new SimulatedClock(startedAt);
  const wire = new MemoryWire({ clock, random: seededRandom(seed), ...options.wire });
  const nodes = wire.host({ ips: [], owns: (ip) => isOfNode(ip, first.nodes) });
  const places = new Map<string, { readonly ip: string; readonly sockets: HostSockets | null }>();
  const world = { curve, clock, random: seededRandom(seed + 1), sockets: nodes };
  const callees = (): Callee[] =>
    [...places].flatMap(([vantage, { ip }]) =>
      readCallees(curve, join(folder, vantage), { ip, port, networks: watched }),
    );
  const network = await openSimulatedNetwork({ ...world, scenario, startedAt, first: first.nodes, second, callees });
  const watched = options.watched ?? [...new Set(network.truth.map(({ network: slug }) => slug))];
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-virtual-'));
  const turns = new OneAtATime();
  const { databaseUrl } = options;
  const names = new Map<string, NameAnswer>();
  const clocks: ClockSettings = { machines: 0, database: 0 };
  const lookUp: Names['lookUp'] = (name) => clock.sleep(lookUpMs).then(() => names.get(name) ?? { at: 'unknown' });
  const texts = new Map<string, TextAnswer>();
  const lookUpTexts: Texts['lookUpTexts'] = (name) =>
    clock.sleep(lookUpMs).then(() => texts.get(name.toLowerCase()) ?? { at: 'unknown' });
  const sql = heldDatabase(databaseUrl, clock, turns).connect({ max: 2, applicationName: 'forkscope virtual crawl' });
  const crawlers: VirtualCrawler[] = [];
  let failed: Promise<never> = new Promise(() => {});
  const drive = <T>(work: Promise<T>): Promise<T> => clock.drive(Promise.race([work, failed]));
  return {
    clock,
    wire,
    network,
    names,
    texts,
    clocks,
    get queries() {
      return turns.taken;
    },
    sql,
    start: (vantage, flags = {}, once = false) => {
      const random = seededRandom(Math.imul(seed + crawlers.length + 1, 0x9e3779b1));
      const ip = places.get(vantage)?.ip ?? `${first.crawlers}.0.0.${places.size + 1}`;
      const sockets = places.get(vantage)?.sockets ?? wire.host({ ips: [ip] });
      places.set(vantage, { ip, sockets });
      const alive = createMortalWorld({
        clock,
        random,
        sockets,
        names: { lookUp },
        texts: { lookUpTexts },
        databaseUrl,
        turns,
        settings: clocks,
      });
      const end = (): Promise<void> => {
        places.set(vantage, { ip, sockets: null });
        return alive.end();
      };
      const own = { ...alive, end };
      const where = addresses === 'loopback' ? { 'allowed-cidrs': '127.0.0.0/8' } : {};
      const settings = { ...flagsOf(network, watched, join(folder, vantage), ip), ...where, vantage, ...flags };
      const crawler = startCrawler({ world: own, curve, drive, onDebug }, settings, once);
      failed = Promise.race([failed, crawler.ended.then(() => new Promise<never>(() => {}))]);
      failed.catch(() => {});
      crawlers.push(crawler);
      return crawler;
    },
    drive,
    pass: (ms) => drive(clock.sleep(ms)),
    [Symbol.asyncDispose]: async () => {
      failed = new Promise(() => {});
      for (const crawler of crawlers) await crawler.stop().catch(() => {});
      await drive(network.close());
      await sql.end({ timeout: 5 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface CrawlerSurroundings {
  readonly world: MortalWorld;
  readonly curve: Curve;
  readonly onDebug: Logger['debug'];
  drive<T>(work: Promise<T>): Promise<T>;
}

function startCrawler(around: CrawlerSurroundings, flags: CrawlerFlags, once: boolean): VirtualCrawler {
  const { world, curve, drive, onDebug } = around;
  const registry = new Registry();
  const log: string[] = [];
  let progress: CrawlProgress | null = null;
  let dead = false;
  const over = new AbortController();
  const ended = run(
    {
      config: readCrawlerConfig(flags),
      version: '0.0.0',
      log: { ...linesOf(log), debug: onDebug },
      registry,
      once,
      curve,
      onProgress: (now) => {
        progress = now;
      },
    },
    world,
    over.signal,
  );
  ended.catch(() => {});
  return {
    registry,
    flags,
    log,
    get progress() {
      return progress;
    },
    ended,
    stop: async () => {
      if (dead) return null;
      over.abort();
      return drive(ended);
    },
    kill: () => {
      dead = true;
      return world.end();
    },
  };
}

function linesOf(lines: string[]): Logger {
  const say =
    (level: string): Logger['info'] =>
    (message, fields) =>
      void lines.push(`${level} ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`);
  return { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };
}

function isOfNode(ip: string, first: number): boolean {
  const [one, other] = ip.split('.', 2);
  return Number(one) === first && Number(other) >= second;
}

/** How a crawler at `ip` reaches the network; its files are in `folder`. */
function flagsOf(network: InProcessNetwork, watched: readonly string[], folder: string, ip: string): CrawlerFlags {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'empty.json');
  writeFileSync(config, '{}');
  const known = [...network.networkFiles].filter(([slug]) => watched.includes(slug));
  const files = known.map(([slug, text]) => {
    const path = join(folder, `${slug}.json`);
    writeFileSync(path, text);
    return path;
  });
  return {
    config,
    'data-dir': folder,
    networks: watched.join(','),
    ...(files.length === 0 ? {} : { network: files.join(',') }),
    bootnodes: network.bootnodes(3).join(','),
    discovery: network.truth.some(({ speaks }) => speaks !== 'discv4') ? 'discv4,discv5' : 'discv4',
    bind4: ip,
    bind6: 'none',
    port: String(port),
    'packets-per-second': '100000',
  };
}
