import { systemClock } from '../../p2p/net/systemClock.ts';
import { createSystemTexts, systemNames } from '../../p2p/net/systemNames.ts';
import { systemRandom } from '../../p2p/net/systemRandom.ts';
import { systemSockets } from '../../p2p/net/systemSockets.ts';
import type { Clock, Names, Random, Sockets, Texts } from '../../p2p/ports.ts';
import { type Database, databaseAt } from '../../sql/database.ts';

/** What programs need from outside; each takes its part. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly names: Names;
  readonly texts: Texts;
  readonly database: Database;
}

/** The machine's clock, or another, its randomness and network, and the database behind a URL. */
export function realWorld(databaseUrl: string, clock: Clock = systemClock): World {
  return {
    clock,
    random: systemRandom,
    sockets: systemSockets,
    names: systemNames,
    texts: createSystemTexts(),
    database: databaseAt(databaseUrl),
  };
}
