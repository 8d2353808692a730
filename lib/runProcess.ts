/** What every program's process provides: a log, a database, metrics and an orderly end. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { OldName } from './configLayers.ts';
import { endAll, Lifetime } from './lifecycle.ts';
import { createStderrLogger, type Logger, type LoggerOptions } from './logger.ts';
import { type MetricsAddress, openMetricsServer } from './metricsServer.ts';
import { warnOfOldNames } from './warnOfOldNames.ts';

/** The database of a process, as those see it who know databases. */
export interface ProcessDatabase {
  /** Opens the one that the configuration means, and waits for it; it is stopped last. An abort ends the wait. */
  open(log: Logger, signal: AbortSignal): Promise<{ readonly url: string; stop(): Promise<void> }>;
  /** Brings it up to what the program needs. */
  prepare?(url: string, log: Logger): Promise<unknown>;
  /** Does the work; its signal aborts with the given one, or when this build cannot run on the database any more. */
  whileFit<T>(url: string, log: Logger, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export interface ProcessSetup {
  /** Added to every line of the log. */
  readonly part: 'crawl' | 'serve' | 'raft';
  readonly config: {
    readonly logLevel: LoggerOptions['level'];
    readonly logFormat: 'auto' | LoggerOptions['format'];
    readonly databaseUrl: string | null;
    readonly oldNames: readonly OldName[];
  };
  /** The supervisor reads the same settings, and warns of old names for all processes. */
  readonly isSupervised: boolean;
  /** Texts that the log never shows, in addition to the database's URL. */
  readonly secrets?: readonly string[];
  /** Of the metrics that every Node.js process has. */
  readonly metricsPrefix: string;
  readonly database: ProcessDatabase;
}

/** What the program is given. */
export interface ProcessParts {
  readonly log: Logger;
  readonly registry: Registry;
  readonly databaseUrl: string;
  /** Aborts when the program is to end. */
  readonly signal: AbortSignal;
  /** Serves the registry from now on until the program has ended. A port that is taken is a warning. */
  serveMetrics(at: MetricsAddress): Promise<void>;
}

/** Runs a program in its process. Resolves with its exit code when everything that was opened for it is closed. */
export async function runProcess(
  setup: ProcessSetup,
  signal: AbortSignal,
  program: (parts: ProcessParts) => Promise<number>,
): Promise<number> {
  const { config, part, database, secrets = [] } = setup;
  const log = createStderrLogger({
    level: config.logLevel,
    format: config.logFormat,
    secrets: config.databaseUrl === null ? secrets : [config.databaseUrl, ...secrets],
    fields: { part },
  });
  if (!setup.isSupervised) warnOfOldNames(config.oldNames, log);
  const life = new Lifetime();
  try {
    const server = await database.open(log, signal);
    life.add('database', () => server.stop(), 30_000);
    if (signal.aborted) return 0;
    const { url } = server;
    await database.prepare?.(url, log);
    const registry = createRegistry(setup.metricsPrefix);
    life.add('registry', () => registry.clear());
    const serveMetrics = async (at: MetricsAddress): Promise<void> => {
      const server = await openMetricsServer(registry, at, log);
      if (server !== null) life.use('metrics', server);
    };
    return await database.whileFit(url, log, signal, (untilEnd) =>
      program({ log, registry, databaseUrl: url, signal: untilEnd, serveMetrics }),
    );
  } finally {
    await endAll(life, log);
  }
}

/** A registry with the default metrics of a Node.js process. */
export function createRegistry(prefix: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix });
  return registry;
}
