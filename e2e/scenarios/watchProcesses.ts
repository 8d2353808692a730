/** The crawler and the API in processes of their own, over real sockets and a real PostgreSQL. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { findFreeOctet } from '../../testkit/simulatedNetwork/findFreeOctet.ts';
import { startSimulatedNetwork } from '../../testkit/simulatedNetwork/simulatedNetwork.ts';
import { startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import { type Flags, getJson, serveFlags, type Watch, watchFlags } from './watchedNetwork.ts';

export const watchProcesses: Watch = async (t, scenario, flags = {}) => {
  const parsed = parseScenario(JSON.stringify({ version: 1, ...scenario }), 'the scenario of the test');
  const folder = temporaryFolder(t, 'watched');
  const database = await openTestDatabase(t);
  const network = await startSimulatedNetwork({ scenario: parsed, second: await findFreeOctet() });
  const files = [...network.networkFiles].map(([slug, text]) => {
    const path = join(folder, `${slug}.json`);
    writeFileSync(path, text);
    return path;
  });
  const common: Flags = {
    networks: [...new Set(parsed.nodes.map((group) => group.network))].join(','),
    ...(files.length > 0 ? { network: files.join(',') } : {}),
  };
  const env = { DATABASE_URL: database.url };
  const place = { bind4: '127.0.0.1', bind6: 'none', port: '0', 'crawl-metrics-port': '0' };
  const reach = { bootnodes: network.bootnodes(3).join(','), 'allowed-cidrs': '127.0.0.0/8' };
  const crawl = startForkscope(
    ['crawl', ...wordsOf({ 'data-dir': folder, ...common, ...place, ...reach, ...watchFlags, ...flags })],
    env,
  );
  const serve = startForkscope(['serve', ...wordsOf({ ...serveFlags, ...common })], env);
  const dispose = async (): Promise<void> => {
    await Promise.all([crawl[Symbol.asyncDispose](), serve[Symbol.asyncDispose]()]);
    await network.close();
  };
  const url = await serve.printed(/served.*?"url":"([^"]+)"/, 60_000).then(
    ([, found = '']) => found,
    async (error: unknown) => {
      await dispose();
      throw error;
    },
  );
  return {
    [Symbol.asyncDispose]: dispose,
    network,
    sql: database.sql,
    url,
    now: () => Date.now(),
    pass: (ms) => sleep(ms),
    get: (path) => getJson(url, path),
    keepTime: async () => async () => {},
    complaints: () => `${crawl.stderr().slice(-3_000)}\n${serve.stderr().slice(-1_000)}`,
  };
};

export function wordsOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}
