import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../sql/client.ts';
import { readPostmaster, socketUrl } from '../../sql/postmaster.ts';
import type { ChaosRig } from './chaosRig.ts';

/** Something that goes wrong for a while, without a death; it is right again when `strike` resolves. */
export interface ChaosFault {
  readonly name: string;
  strike(rig: ChaosRig): Promise<void>;
}

const lastsMs = 12_000;
const hour = 3_600_000;

export const chaosFaults: readonly ChaosFault[] = [
  { name: 'databaseFrozen', strike: (rig) => frozen(rig, lastsMs) },
  { name: 'databaseReadOnly', strike: readOnly },
  { name: 'clockForward', strike: (rig) => clockAt(rig, 2 * hour) },
  { name: 'clockBack', strike: (rig) => clockAt(rig, -2 * hour) },
  { name: 'fileLimit', strike: fileLimit },
  { name: 'diskFull', strike: diskFull },
];

/** All processes of the database stand still. */
async function frozen(rig: ChaosRig, ms: number): Promise<void> {
  const pids = rig.databasePids();
  signalAll(pids, 'SIGSTOP');
  try {
    await watched(rig, ms);
  } finally {
    signalAll(pids, 'SIGCONT');
  }
}

async function readOnly(rig: ChaosRig): Promise<void> {
  await setReadOnly(rig, true);
  try {
    await watched(rig, lastsMs);
  } finally {
    await setReadOnly(rig, false);
  }
}

async function clockAt(rig: ChaosRig, aheadMs: number): Promise<void> {
  rig.setClock(aheadMs);
  try {
    await watched(rig, lastsMs);
  } finally {
    rig.setClock(0);
  }
}

/** No process may open another file. */
async function fileLimit(rig: ChaosRig): Promise<void> {
  const pids = [rig.pidOf('crawl'), rig.pidOf('serve')].filter((pid) => pid !== null);
  for (const pid of pids) limit(pid, 'nofile', '20:1048576');
  try {
    await watched(rig, lastsMs);
  } finally {
    for (const pid of pids) limit(pid, 'nofile', '1048576:1048576');
  }
}

/** The database does not answer, and the disk of what waits takes no more. */
async function diskFull(rig: ChaosRig): Promise<void> {
  const crawl = rig.pidOf('crawl');
  const pids = rig.databasePids();
  if (crawl !== null) limit(crawl, 'fsize', '4096:unlimited');
  signalAll(pids, 'SIGSTOP');
  try {
    await watched(rig, lastsMs);
  } finally {
    signalAll(pids, 'SIGCONT');
    if (crawl !== null) limit(crawl, 'fsize', 'unlimited:unlimited');
  }
}

/** Time passes, and what goes to disk meanwhile is noted. */
async function watched(rig: ChaosRig, ms: number): Promise<void> {
  for (const until = Date.now() + ms; Date.now() < until; await sleep(200)) rig.ledger.noteSpill();
}

/** To those that are still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // A connection that has ended.
    }
  }
}

function limit(pid: number, what: 'nofile' | 'fsize', value: string): void {
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--${what}=${value}`], { stdio: 'ignore' });
  } catch {
    // It has ended, or this machine does not let us.
  }
}

async function setReadOnly(rig: ChaosRig, isReadOnly: boolean): Promise<void> {
  const postmaster = readPostmaster(rig.ledger.cluster);
  if (postmaster?.socketFolder == null) return;
  const sql = connect(socketUrl(postmaster), { max: 1 });
  try {
    await sql`set default_transaction_read_only = off`;
    if (isReadOnly) await sql`alter system set default_transaction_read_only = on`;
    else await sql`alter system reset default_transaction_read_only`;
    await sql`select pg_reload_conf()`;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
