import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger, Random } from '../../p2p/ports.ts';
import { readEthConfig } from '../ask/readEthConfig.ts';
import { readIdentity } from '../ask/readIdentity.ts';
import { createRpcClient, type Endpoint, type RpcClient, type RpcLimits } from '../ask/rpcClient.ts';
import { compareSchedule, type ScheduleVerdict } from '../judge/compareSchedule.ts';
import type { ScheduleStore } from './scheduleStore.ts';

export interface WatchForkConfigConfig {
  /** The operator's name for the cluster. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly rpc: RpcLimits;
}

export interface WatchForkConfigDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly log: Logger;
  readonly schedules: ScheduleStore;
  /** False while another process watches the cluster. */
  readonly isOnDuty: () => boolean;
}

/** Schedules change with releases; what an endpoint says is remembered for a day. */
const everyMs = 3_600_000;
const firstWithinMs = 30_000;

/**
 * Asks the endpoints of a cluster for their fork configuration (eth_config, EIP-7910), and compares it with the file of
 * the network whose chain they keep, until `signal` aborts. What is new is logged once.
 */
export async function watchForkConfig(
  { name: cluster, endpoints, rpc }: WatchForkConfigConfig,
  deps: WatchForkConfigDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const clients = endpoints.map((endpoint) => createRpcClient(endpoint, clock, rpc));
  // BOUNDED: by the configured endpoints
  const told = new Map<string, string>();
  try {
    await clock.sleep(random.next() * firstWithinMs, signal);
    while (!signal.aborted) {
      try {
        if (deps.isOnDuty()) for (const client of clients) await look(cluster, client, told, deps);
      } catch (error) {
        log.warn('fork configurations are not compared: the database is away', { cluster, reason: reasonOf(error) });
      }
      await clock.sleep(everyMs, signal);
    }
  } finally {
    for (const client of clients) client.close();
  }
}

async function look(
  cluster: string,
  client: RpcClient,
  told: Map<string, string>,
  { clock, log, schedules }: WatchForkConfigDeps,
): Promise<void> {
  const identity = await readIdentity(client);
  const config = identity === null ? null : await readEthConfig(client);
  if (identity === null || config === null) return;
  const schedule = await schedules.scheduleOf(identity);
  if (schedule === null) return;
  const endpoint = `${cluster}/${client.endpoint.name}`;
  const verdict = compareSchedule(schedule.steps, config);
  if (verdict.at === 'fileIsOlder') await schedules.saveMissing(schedule.network, endpoint, verdict.forks, clock.now());
  const said = JSON.stringify(describe(verdict));
  if (told.get(endpoint) === said) return;
  told.set(endpoint, said);
  const fields = { network: schedule.network, endpoint, ...describe(verdict) };
  if (verdict.at === 'agrees') log.info('an endpoint and the network file have the same forks', fields);
  else log.warn(warnings[verdict.at], fields);
}

const warnings = {
  fileIsOlder:
    'the network file is older than the network: an endpoint knows a fork that it lacks; forkscope networks update FILE gives it newer forks',
  nodeIsOlder: 'an endpoint does not know forks of the network file: it will stay behind unless it is upgraded',
  differs: 'an endpoint has forks that do not follow from those of the network file: one of them is wrong',
};

function describe(verdict: ScheduleVerdict): Readonly<Record<string, string>> {
  switch (verdict.at) {
    case 'agrees':
      return {};
    case 'fileIsOlder':
      return {
        forks: [
          ...verdict.forks.map(({ hash, at }) => `0x${hash} at ${at}`),
          ...(verdict.unplaced === null ? [] : [`0x${verdict.unplaced}`]),
        ].join(', '),
      };
    case 'nodeIsOlder':
      return { forks: verdict.names.join(', ') };
    case 'differs':
      return { forks: verdict.hashes.map((hash) => `0x${hash}`).join(', ') };
  }
}
