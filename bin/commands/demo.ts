import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAll, Lifetime } from '../../lib/lifecycle.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { countOf } from '../../lib/plural.ts';
import { loadScenario, type Scenario } from '../../lib/scenarioFile.ts';
import type { RaftDemo } from '../../testkit/raftDemo.ts';
import { keepDatabase } from '../supervisor/keepDatabase.ts';
import { migrateDatabase, openDatabase } from '../supervisor/openDatabase.ts';
import { runChildren } from '../supervisor/runChildren.ts';
import type { ChildSpec } from '../supervisor/supervise.ts';
import type { Command, CommandContext } from './command.ts';
import { UsageError } from './command.ts';

const bundled = join(packageRoot, 'testkit', 'scenarios');

/** The times of a scenario start when there is somebody to see it, not when the crawler is started. */
const leadMs = 8_000;

export const demoCommand: Command = {
  name: 'demo',
  summary: 'Show all of it over a simulated network on this machine; no data is kept, and nothing leaves loopback.',
  operands: null,
  configs: {},
  flags: {
    scenario: {
      summary: 'What to simulate: demo, fork-activation, chain-split, two-seals or a scenario file (default demo).',
      value: 'NAME|FILE',
    },
    'http-port': { summary: 'Port of the API and the dashboard; 0 takes a free one (default 3000).', value: 'PORT' },
    truth: { summary: 'Write to a file who is who and who knows whom, one JSON object per line.', value: 'FILE' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { flags, signal } = context;
  const httpPort = typeof flags['http-port'] === 'string' ? flags['http-port'] : '3000';
  if (!/^\d{1,5}$/.test(httpPort)) throw new UsageError('--http-port takes a number from 0 to 65535');
  const scenario = loadScenario(scenarioPath(typeof flags.scenario === 'string' ? flags.scenario : 'demo'));
  const format = process.stderr.isTTY ? 'text' : 'json';
  const log = createStderrLogger({ level: 'warn', format, secrets: [], fields: { part: 'demo' } });
  const { findFreeOctet } = await import('../../testkit/simulatedNetwork/findFreeOctet.ts');
  const { startSimulatedNetwork } = await import('../../testkit/simulatedNetwork/simulatedNetwork.ts');

  const life = new Lifetime();
  let failed = true;
  try {
    const folder = mkdtempSync(join(tmpdir(), 'forkscope-demo-'));
    life.add('folder', () => rmSync(folder, { recursive: true, force: true }));
    // As root, the database server runs as another user, who must be able to enter.
    chmodSync(folder, 0o755);
    const database = keepDatabase(await openDatabase({ databaseUrl: null, dataDir: folder }, log, signal, 0), { log });
    life.add('database', () => database.stop(), 30_000);
    await migrateDatabase(database.url, log);
    await markSimulated(database.url);
    const network = await startSimulatedNetwork({
      scenario,
      startedAt: Date.now() + leadMs,
      second: await findFreeOctet(),
      ...(typeof flags.truth === 'string' ? { truthFile: flags.truth } : {}),
    });
    life.add('simulated network', () => network.close(), 10_000);
    context.onForce(() => network.kill());
    const { startRaftDemo } = await import('../../testkit/raftDemo.ts');
    const raft = await startRaftDemo({
      seed: scenario.seed,
      // As the operator who is woken reads it.
      onMessage: (text) => context.stdout(`Alert: ${text}\n`),
    });
    life.add('Raft clusters', () => raft.close(), 10_000);
    if (!signal.aborted) {
      const children = childSpecs(scenario, network.bootnodes(3), raft, {
        networkFiles: writeNetworkFiles(folder, network.networkFiles),
        folder,
        httpPort,
        url: database.url,
        format,
      });
      const { title } = scenario;
      if (title !== '') context.stdout(`${title}\n`);
      const nodes = countOf(network.truth.length, { one: 'node', other: 'nodes' });
      const greeting = `A simulated network of ${nodes} (Ctrl-C ends it and keeps nothing)`;
      await runChildren(context, children, life, log, greeting);
    }
    failed = false;
  } finally {
    failed = (await endAll(life, log)) || failed;
  }
  return failed ? 1 : 0;
}

/**
 * A plain word is the name of a scenario that comes with the package.
 * @throws UsageError when it is neither that nor a file
 */
function scenarioPath(name: string): string {
  const path = join(bundled, `${name}.json`);
  if (/^[a-z0-9-]+$/.test(name) && existsSync(path)) return path;
  if (existsSync(name)) return name;
  const names = readdirSync(bundled).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
  throw new UsageError(
    `--scenario: there is neither a file ${name} nor a scenario of that name; scenarios are ${names.join(', ')}`,
  );
}

/** Files of the networks that differ from those the crawler knows. */
function writeNetworkFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  return [...files].map(([slug, text]) => {
    const path = join(folder, `${slug}.network.json`);
    writeFileSync(path, text);
    return path;
  });
}

/** Makes every page and answer over this database say that it is simulated. */
async function markSimulated(url: string): Promise<void> {
  const { connect } = await import('../../sql/client.ts');
  const sql = connect(url, { max: 1, applicationName: 'forkscope demo' });
  try {
    await sql`
      insert into settings (key, value) values ('simulated', 'true')
      on conflict (key) do update set value = excluded.value`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function childSpecs(
  scenario: Scenario,
  bootnodes: readonly string[],
  raft: RaftDemo,
  given: {
    readonly folder: string;
    readonly networkFiles: readonly string[];
    readonly httpPort: string;
    readonly url: string;
    readonly format: string;
  },
): ChildSpec[] {
  const script = join(packageRoot, 'dist', 'bin', 'forkscope.js');
  // What the user has set for a real crawler is not meant for the demo.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FORKSCOPE_'));
  const env = { ...Object.fromEntries(own), DATABASE_URL: given.url, FORKSCOPE_LOG_FORMAT: given.format };
  const networks = [...new Set(scenario.nodes.map(({ network }) => network))].join(',');
  const files = given.networkFiles.length === 0 ? [] : [`--network=${given.networkFiles.join(',')}`];
  const common = [`--data-dir=${given.folder}`, `--networks=${networks}`, '--log-level=warn'];
  common.push(...files);
  const spec = (name: string, ...flags: string[]): ChildSpec => ({
    name,
    args: ['--enable-source-maps', script, name, ...common, ...flags],
    env,
  });
  return [
    spec(
      'crawl',
      `--bootnodes=${bootnodes.join(',')}`,
      '--allowed-cidrs=127.0.0.0/8',
      '--bind4=127.0.0.1',
      '--bind6=none',
      '--port=0',
      '--crawl-metrics-port=0',
      '--vantage=demo',
      // By default 10 minutes, 30 minutes, 10 minutes and 1 hour; in the demo a fork comes and goes within a minute.
      '--census-interval=5s',
      '--revisit=6s',
      '--split-round=4s',
      '--split-close=15s',
    ),
    spec('serve', `--http-port=${given.httpPort}`),
    watchRaft(spec('raft', '--raft-metrics-port=0'), raft),
  ];
}

/** The clusters and the targets of alerts are passed in the environment: they are too long for a command line. */
function watchRaft(spec: ChildSpec, { raftClusters, notifyTargets }: RaftDemo): ChildSpec {
  const settings = {
    FORKSCOPE_RAFT_CLUSTERS: JSON.stringify(raftClusters),
    FORKSCOPE_NOTIFY_TARGETS: JSON.stringify(notifyTargets),
  };
  const args = spec.args.flatMap((arg) => (arg === 'raft' ? ['raft', 'watch'] : [arg]));
  return { ...spec, args, env: { ...spec.env, ...settings } };
}
