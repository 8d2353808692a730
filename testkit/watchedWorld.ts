import { systemClock } from '../p2p/net/systemClock.ts';
import { createSystemTexts, systemNames } from '../p2p/net/systemNames.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { systemSockets } from '../p2p/net/systemSockets.ts';
import type { Clock, Names, Random, Sockets, Texts } from '../p2p/ports.ts';
import { type Database, databaseAt } from '../sql/database.ts';
import { serverTime } from '../sql/databaseTime.ts';

export interface WatchedWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly names: Names;
  readonly texts: Texts;
  readonly database: Database;
  /** What was opened and has ended, in that order: `udp`, `tcp`, `connections of NAME`. */
  readonly ended: readonly string[];
  /** Sleepers, and what was opened and has not ended. */
  left(): { readonly asleep: number; readonly open: number };
}

/** The machine's world with a clock of its own, by which its database goes too; it notes all that a program opens and closes. */
export function watchedWorld(databaseUrl: string, timeOf: Pick<Clock, 'now'> = systemClock): WatchedWorld {
  const ended: string[] = [];
  let asleep = 0;
  let open = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => timeOf.now(),
    async sleep(ms, signal) {
      asleep++;
      await systemClock.sleep(ms, signal);
      asleep--;
    },
  };
  /** Ends the part once, however often it is called. */
  const endingOf = (end: () => Promise<void>, name: string): (() => Promise<void>) => {
    open++;
    let ending: Promise<void> | null = null;
    return () => {
      ending ??= end().then(() => {
        open--;
        ended.push(name);
      });
      return ending;
    };
  };
  const sockets: Sockets = {
    async bindUdp(options) {
      const socket = await systemSockets.bindUdp(options);
      const { local, counts } = socket;
      const close = endingOf(() => socket.close(), 'udp');
      return { local, counts, send: (bytes, to) => socket.send(bytes, to), close };
    },
    connectTcp: (options, done) => systemSockets.connectTcp(options, done),
    async listenTcp(options) {
      const server = await systemSockets.listenTcp(options);
      return { local: server.local, close: endingOf(() => server.close(), 'tcp') };
    },
  };
  const database: Database = {
    time: timeOf === systemClock ? serverTime : { at: 'caller', now: () => timeOf.now() },
    connect(options) {
      const sql = databaseAt(databaseUrl).connect(options);
      const end = endingOf(() => sql.end({ timeout: 5 }), `connections of ${options?.applicationName}`);
      return new Proxy(sql, { get: (target, name) => (name === 'end' ? end : Reflect.get(target, name)) });
    },
  };
  const machine = { random: systemRandom, names: systemNames, texts: createSystemTexts() };
  return { ...machine, clock, sockets, database, ended, left: () => ({ asleep, open }) };
}
