/**
 * Runs the built tests with node's own runner. `npm test -- wire raft` runs the files whose path holds one of
 * the words. Files under e2e/ come after the rest, for they start processes: first those that wait most of their time, two
 * at once, then one at a time those that want the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { openTestServer, testDatabaseVariable } from '../sql/testDatabase.ts';

const roots = [
  'bin',
  'lib',
  'p2p',
  'chains',
  'crawler',
  'consortium',
  'notify',
  'testkit',
  'api',
  'web',
  'sql',
  'grafana',
  'bench',
  'scripts',
  'e2e',
];
const words = process.argv.slice(2);

/** Under e2e/: what they wait for is simulated clusters and chains, and Prometheus' own pace. */
const waiting = [
  ...['chainSplit', 'crash', 'demo', 'forgers', 'forkActivation', 'grafana', 'leases', 'noSplit', 'privateChain'],
  ...['raftAlert', 'raftStart', 'rpcSplit', 'simulatedCrawl'],
];

function testSources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : testSources(path);
    return /\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const built = roots
  .flatMap((root) => testSources(join(packageRoot, root)))
  .map((source) => relative(packageRoot, source))
  .filter((source) => words.length === 0 || words.some((word) => source.includes(word)))
  .map((source) => join('dist', source.replace(/\.tsx?$/, '.js')));

if (built.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(1);
}
const environment = { ...process.env };
// One embedded server for all files that want a database, unless the caller names one.
const server = needsDatabase() ? await openTestServer(process.env[testDatabaseVariable]) : null;
if (server !== null) environment[testDatabaseVariable] = server.url;

let failed = false;
let runner: ChildProcess | null = null;
// Ctrl-C reaches the runner by itself; here it must only not keep us from stopping the server.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => runner?.kill('SIGTERM'));
try {
  const groups = [
    { files: built.filter((file) => !isEndToEnd(file)), atOnce: 2 },
    { files: built.filter((file) => isEndToEnd(file) && isWaiting(file)), atOnce: 2 },
    { files: built.filter((file) => isEndToEnd(file) && !isWaiting(file)), atOnce: 1 },
  ];
  for (const { files, atOnce } of groups) {
    if (files.length === 0) continue;
    runner = spawn(
      process.execPath,
      [
        '--enable-source-maps',
        '--test',
        '--test-reporter=spec',
        `--test-concurrency=${atOnce}`,
        '--test-timeout=600000',
        ...files,
      ],
      { stdio: 'inherit', cwd: packageRoot, env: environment },
    );
    const [status] = await once(runner, 'exit');
    failed ||= status !== 0;
  }
} finally {
  await server?.stop();
}
process.exit(failed ? 1 : 0);

function needsDatabase(): boolean {
  return built.some((file) => readFileSync(join(packageRoot, file), 'utf8').includes('testDatabase.js'));
}

function isWaiting(file: string): boolean {
  return waiting.includes(basename(file, '.test.js'));
}

function isEndToEnd(file: string): boolean {
  return file.startsWith(join('dist', 'e2e'));
}
