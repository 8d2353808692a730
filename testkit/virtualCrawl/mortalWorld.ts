import type { CrawlerWorld } from '../../crawler/crawlerOptions.ts';
import type { Clock, Names, Random, Texts } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';
import { heldDatabase } from '../heldDatabase.ts';
import type { Turns } from '../holdQueries.ts';
import type { HostSockets } from '../memoryWire/memoryWire.ts';
import type { SimulatedClock } from '../simulatedClock.ts';

/** How far clocks are ahead of the simulated time, ms. May be changed at any moment: then they are set. */
export interface ClockSettings {
  /** Wall clocks of the crawlers' machines. */
  machines: number;
  /** The clock of the database. */
  database: number;
}

export interface MortalWorld extends CrawlerWorld {
  /** From now on what runs in it stands still, and its connections are cut, as when a machine dies. */
  end(): Promise<void>;
}

/** The world of one program of a simulation, which can die. */
export function createMortalWorld(around: {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly sockets: HostSockets;
  readonly names: Names;
  readonly texts: Texts;
  readonly databaseUrl: string;
  readonly turns: Turns;
  readonly settings: ClockSettings;
}): MortalWorld {
  const { clock, random, sockets, names, texts, turns, settings } = around;
  let alive = true;
  const ifAlive = (act: () => void) => () => {
    if (alive) act();
  };
  const ownClock: Clock = {
    now: () => clock.now(),
    wall: () => clock.now() + settings.machines,
    after: (ms, act) => clock.after(ms, ifAlive(act)),
    sleep: (ms, signal) => new Promise((resolve) => void clock.sleep(ms, signal).then(ifAlive(resolve))),
  };
  const ownTurns: Turns = {
    take: (act) => {
      if (alive) turns.take(act);
    },
    done: () => turns.done(),
  };
  const database = heldDatabase(around.databaseUrl, clock, ownTurns, () => settings.database);
  const pools: Sql[] = [];
  const connect: CrawlerWorld['database']['connect'] = (options) => {
    const pool = database.connect(options);
    pools.push(pool);
    return pool;
  };
  return {
    clock: ownClock,
    random,
    sockets,
    names,
    texts,
    database: { ...database, connect },
    end: async () => {
      alive = false;
      sockets.vanish();
      await Promise.all(pools.map((pool) => pool.end({ timeout: 0 })));
    },
  };
}
