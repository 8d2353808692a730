import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../testkit/seededRandom.ts';
import { chaosFaults, signalAll } from './chaosFaults.ts';
import { type ChaosRig, victims } from './chaosRig.ts';
import type { LedgerBalance } from './ledger.ts';

export interface ChaosPlan {
  readonly kills: number;
  readonly stops: number;
  /** How often each of the faults strikes. */
  readonly faults: number;
}

interface ChaosRow {
  readonly what: string;
  times: number;
  /** Until visits came in again, ms. */
  readonly recoveredMs: number[];
}

export interface ChaosReport {
  readonly seed: number;
  readonly rows: readonly ChaosRow[];
  readonly balance: LedgerBalance;
  /** Orderly ends that did not end with 0. */
  readonly badEnds: readonly string[];
}

/** Kills, stops and faults by turns, at random moments; the ledger is read all the time and balanced at the end. */
export async function runChaos(
  rig: ChaosRig,
  plan: ChaosPlan,
  random: SeededRandom,
  tell: (line: string) => void = () => {},
): Promise<ChaosReport> {
  const rows = new Map<string, ChaosRow>();
  const badEnds: string[] = [];
  await rig.recovered();
  const acts = shuffled(
    [
      ...Array.from(
        { length: plan.kills },
        (_, n) => ({ at: 'kill', victim: victims[n % victims.length] ?? 'crawl' }) as const,
      ),
      ...Array.from({ length: plan.stops }, () => ({ at: 'stop' }) as const),
      ...Array.from({ length: plan.faults }, () =>
        chaosFaults.map((fault) => ({ at: 'fault', fault }) as const),
      ).flat(),
    ],
    random,
  );
  for (const [index, act] of acts.entries()) {
    const what = act.at === 'kill' ? `kill ${act.victim}` : act.at === 'stop' ? 'stop, database away' : act.fault.name;
    const row = rows.get(what) ?? { what, times: 0, recoveredMs: [] };
    rows.set(what, row);
    if (act.at === 'kill') await kill(rig, act.victim, random);
    else if (act.at === 'stop') badEnds.push(...(await stopWithoutDatabase(rig, random)));
    else await act.fault.strike(rig);
    const ms = await rig.recovered();
    row.times += 1;
    row.recoveredMs.push(ms);
    tell(
      `${index + 1}/${acts.length} ${what}: visits again after ${(ms / 1_000).toFixed(1)} s, ${rig.ledger.stored} stored`,
    );
  }
  // What is on disk is written before the account is drawn up.
  while (rig.ledger.noteSpill() > 0) await sleep(250);
  return { seed: random.seed, rows: [...rows.values()], balance: await rig.ledger.balance(), badEnds };
}

async function kill(rig: ChaosRig, victim: (typeof victims)[number], random: SeededRandom): Promise<void> {
  await sleep(random.below(2_000));
  rig.ledger.noteSpill();
  await rig.ledger.noteStored();
  const pid = rig.pidOf(victim);
  if (pid !== null) process.kill(pid, 'SIGKILL');
}

/** The database stands still when the end is asked for, until the crawler is gone. */
async function stopWithoutDatabase(rig: ChaosRig, random: SeededRandom): Promise<string[]> {
  const pids = rig.databasePids();
  signalAll(pids, 'SIGSTOP');
  await sleep(1_000 + random.below(4_000));
  const { code, stderr } = await rig.stop(() => {
    rig.ledger.noteSpill();
    signalAll(pids, 'SIGCONT');
  });
  return code === 0 ? [] : [`ended with ${code}: ${stderr.slice(-2_000)}`];
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const left = [...items];
  return Array.from({ length: items.length }, () => left.splice(random.below(left.length), 1)).flat();
}
