import type { Registry } from 'prom-client';
import type { Logger } from '../../lib/logger.ts';
import type { Sql } from '../../sql/client.ts';
import type { Migration } from '../../sql/migrate.ts';
import type { RateLimits } from '../http/limitRate.ts';
import type { HostRules } from '../http/requireHost.ts';
import type { ReaderLimits } from '../http/watchReader.ts';

/** What the API needs from outside. `main.ts` makes the real ones; tests give their own. */
export interface ApiDeps {
  /** Read-only use. May point at a replica. */
  readonly sql: Sql;
  /** Asks the same database whether it is there, on connections that no other work keeps busy. */
  readonly asker: Sql;
  /** Those of this build, as it was started: an upgrade puts other files in their place. */
  readonly migrations: readonly Migration[];
  readonly clock: { now(): number };
  /** This process's own registry, never the global one. */
  readonly registry: Registry;
  readonly config: AppConfig;
  readonly log: Logger;
  /** Folder of the built pages; null = none, only the API is served. */
  readonly webRoot: string | null;
  /** Version of Forkscope. */
  readonly version: string;
}

/** The part of the configuration that createApp reads. */
export interface AppConfig extends RateLimits, HostRules {
  /** Show only the /24 (v6 /48) of a node's address, and nothing that reveals the rest. */
  readonly maskIps: boolean;
  /** Longest time between two censuses; counts only while no crawler has told its own. */
  readonly censusIntervalMs: number;
  /** What a caller of an export must take; stricter than usual in tests. */
  readonly exportReader?: ReaderLimits;
  /** Check each answer against the contract before it is sent. */
  readonly checkResponses: boolean;
}
