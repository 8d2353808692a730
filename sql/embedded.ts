import { join, resolve } from 'node:path';
import { connect } from './client.ts';
import { findBinaries } from './embeddedBinaries.ts';
import { prepareCluster } from './embeddedCluster.ts';
import { holdServer } from './holders.ts';
import { type Postmaster, socketUrl, whoIs } from './postmaster.ts';
import { endSurvivors, runServer, type ServerSetting, signalTo, stopServer, untilGone } from './serverProcess.ts';
import { findServerUser } from './serverUser.ts';

export interface EmbeddedOptions {
  /** Everything of this server is kept here: cluster, log, copied binaries. */
  readonly dataDir: string;
  readonly log?: (message: string) => void;
  /** false = the data may be lost with the machine. For tests. */
  readonly durable?: boolean;
  readonly startTimeoutMs?: number;
}

export interface EmbeddedServer {
  /** For `connect`, and for psql. Without a password: access is limited by the folder of its socket, which is closed to others. */
  readonly url: string;
  /** Of the process that is running or that ran last. */
  readonly pid: number;
  /** True if it was already running: left behind by a crash, or in use by another process of ours. */
  readonly adopted: boolean;
  /** Resolves when its process is gone, whatever ended it, or when the signal aborts. */
  untilGone(signal: AbortSignal): Promise<void>;
  /**
   * Once the process is gone: starts another that answers under the same URL. After an abort none is left.
   * @throws EmbeddedError; the signal's reason
   */
  restart(signal: AbortSignal): Promise<void>;
  /** Fast shutdown, once nobody else holds the server. All our connections should be closed before. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL server from the npm package's binaries. It listens on a Unix socket inside its own folder (mode
 * 0700) and on no TCP port, in a session of its own, so that Ctrl-C in the terminal leaves it running until the
 * writers have drained. Throws EmbeddedError.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  const user = findServerUser();
  const cluster = join(dataDir, 'postgres');
  const log = options.log ?? (() => {});
  const durable = options.durable ?? true;
  const binaries = await prepareCluster({ dataDir, cluster, user, durable, log }, () => findBinaries(user, dataDir));
  const holder = holdServer(dataDir);
  try {
    const setting: ServerSetting = { ...options, dataDir, cluster, user, durable, log, socketFolder: null };
    let running = await runServer(binaries.postgres, setting);
    const { socketFolder } = running.postmaster;
    const adopted = running.child === null;
    const url = await openDatabase(running.postmaster);
    const tell = () =>
      log(`embedded PostgreSQL ${running.child === null ? 'adopted' : 'started'} (process ${running.postmaster.pid})`);
    tell();
    let stopping: Promise<void> | null = null;
    // A process that is forced to end, or falls, tells its server to end too, but cannot wait for it.
    const onExit = (): void => {
      const { pid } = running.postmaster;
      if (holder.release().others === 0 && whoIs(pid, cluster) === 'ours') signalTo(pid, 'SIGINT');
    };
    process.once('exit', onExit);
    const stop = async () => {
      process.off('exit', onExit);
      if (holder.release().others > 0)
        return log('embedded PostgreSQL is in use by another process and is left running');
      await stopServer(running.postmaster.pid, cluster, running.child);
      log('embedded PostgreSQL stopped');
    };
    return {
      url,
      get pid() {
        return running.postmaster.pid;
      },
      adopted,
      untilGone: (signal) => untilGone(running, signal),
      restart: async (signal) => {
        await endSurvivors(running.postmaster.pid, cluster);
        running = await runServer(binaries.postgres, { ...setting, socketFolder }, signal);
        tell();
      },
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    holder.release();
    throw error;
  }
}

async function openDatabase(postmaster: Postmaster): Promise<string> {
  const sql = connect(socketUrl(postmaster, 'postgres'), { max: 1 });
  try {
    const there = await sql`select 1 from pg_database where datname = 'forkscope'`;
    if (there.length === 0) {
      await sql`create database forkscope`.catch((error: unknown) => {
        // Another process has created it in the meantime.
        if (!(error instanceof Error && 'code' in error && (error.code === '42P04' || error.code === '23505')))
          throw error;
      });
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
  return socketUrl(postmaster);
}
