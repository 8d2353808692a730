import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { durationField, integerField, listField, switchField, textField } from '../lib/configFields.ts';
import { ConfigError, defineConfig } from '../lib/configLayers.ts';
import { ForkscopeError } from '../lib/errors.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { commandLoaders } from './commandList.ts';
import type { Command, CommandContext } from './commands/command.ts';
import { runForkscope } from './runForkscope.ts';

const definition = defineConfig({
  httpPort: integerField({ summary: 'Port.', default: 3000, min: 0, max: 65_535 }),
  idleMs: durationField({ summary: 'Idle.', default: 1_000, min: 0, max: 9_000 }),
  listen: switchField({ summary: 'Listen.', default: true }),
  token: textField({ summary: 'Token.', default: null, secret: true }),
  hosts: listField({ summary: 'Hosts.', default: [] }),
});

async function call(
  args: readonly string[],
  act: (context: CommandContext) => Promise<number> = async () => 0,
  operands: string | null = null,
) {
  const seen: CommandContext[] = [];
  const command: Command = {
    name: 'crawl',
    summary: 'Crawls.',
    operands,
    configs: { crawl: definition },
    flags: { once: { summary: 'End when done.', value: null }, out: { summary: 'Where to.', value: 'FILE' } },
    run: (context) => {
      seen.push(context);
      return act(context);
    },
  };
  let out = '';
  let err = '';
  const code = await runForkscope(
    args,
    {
      signal: new AbortController().signal,
      onForce: () => {},
      isSupervised: false,
      announce: () => {},
      version: '1.2.3',
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
    },
    { crawl: async () => command },
  );
  return { code, out, err, context: seen[0] };
}

describe('runForkscope', () => {
  test('sorts flags into the command’s own and those of the configuration', async () => {
    const { code, context } = await call([
      'crawl',
      '--once',
      '--out',
      'a.json',
      '--http-port=80',
      '--no-listen',
      '--idle',
      '5s',
    ]);
    assert.equal(code, 0);
    assert.deepEqual({ ...context?.flags }, { once: true, out: 'a.json' });
    assert.deepEqual({ ...context?.configFlags }, { 'http-port': '80', listen: false, idle: '5s' });
  });

  test('a list may be given in parts; of anything else the last one counts', async () => {
    const { context } = await call(['crawl', '--hosts', 'a', '--idle', '5s', '--hosts=b,c', '--idle', '6s']);
    assert.deepEqual({ ...context?.configFlags }, { hosts: 'a,b,c', idle: '6s' });
  });

  test('a wrong call says what is wrong and gives 2', async () => {
    const table: [string[], RegExp][] = [
      [['crwl'], /unknown command crwl; did you mean crawl\?; see forkscope --help/],
      [['--bogus'], /unknown flag --bogus/],
      [['crawl', '--htp-port', '1'], /unknown flag --htp-port; did you mean --http-port\?/],
      [['crawl', '--no-out'], /unknown flag --no-out/],
      [['crawl', '--out'], /--out needs a value/],
      [['crawl', '--once=yes'], /--once takes no value; use --once or --no-once/],
      [['crawl', 'extra'], /takes only flags, not "extra"/],
      [['constructor'], /unknown command constructor/],
      [[], /usage: forkscope COMMAND/],
    ];
    for (const [args, message] of table) {
      const { code, err, out } = await call(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, message);
      assert.equal(out, '');
    }
  });

  test('operands reach a command that takes them', async () => {
    assert.deepEqual((await call(['crawl', 'a', '--once', 'b'], undefined, 'FILE...')).context?.operands, ['a', 'b']);
    assert.deepEqual((await call(['crawl', '--', '--x'], undefined, 'FILE...')).context?.operands, ['--x']);
  });

  test('--help names every flag with its default, and secrets as environment only', async () => {
    const { code, out } = await call(['crawl', '--help']);
    assert.equal(code, 0);
    for (const part of [
      '--once',
      '--out FILE',
      '--http-port VALUE',
      '--listen, --no-listen',
      'default 1s',
      'FORKSCOPE_HTTP_PORT',
      'FORKSCOPE_TOKEN',
    ]) {
      assert.ok(out.includes(part), `${part} in\n${out}`);
    }
    assert.doesNotMatch(out, /--token/);
    assert.equal((await call(['help', 'crawl'])).out, out);
    assert.match((await call(['--help'])).out, /crawl {2}Crawls\./);
  });

  test('errors become messages and exit codes, and only a bug shows its stack', async () => {
    const problems = [{ layer: 'flag', name: '--x', given: null, fix: 'take it out' }] as const;
    const table: [Error, number, RegExp][] = [
      [new ConfigError(problems), 2, /^forkscope: the configuration has 1 mistake\n {2}flag: --x: take it out\n$/],
      [new ForkscopeError({ code: 'diskFull' }, 'no room'), 1, /^forkscope: no room \[diskFull\]\n$/],
      [new TypeError('bug'), 1, /TypeError: bug\n {4}at /],
    ];
    for (const [error, code, message] of table) {
      const answer = await call(['crawl'], () => Promise.reject(error));
      assert.equal(answer.code, code);
      assert.match(answer.err, message);
    }
    assert.equal((await call(['crawl'], async () => 7)).code, 7);
  });
});

test('every command that is listed loads, under its own name, with help', async () => {
  for (const [name, load] of Object.entries(commandLoaders)) {
    const command = await load();
    assert.equal(command.name, name);
    assert.match(command.summary, /^[A-Z].*\.$/, name);
  }
});

test('the built program answers', () => {
  const script = join(packageRoot, 'dist/bin/forkscope.js');
  const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  assert.equal(run('--version').stdout, `${version}\n`);
  const wrong = run('start', '--htp-port', '1');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /did you mean --http-port\?/);
  const many = run('start', '--http-port', 'x', '--port', 'y', '--data-dir', '/nowhere');
  assert.equal(many.status, 2);
  assert.match(many.stderr, /2 mistakes\n {2}flag: --http-port = "x": .*\n {2}flag: --port = "y": /);
});

test('a configuration that cannot work is refused before anything is made', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-wrong-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // As root the server runs as another user, who could enter: nothing but the check keeps it from being made.
  chmodSync(folder, 0o755);
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"slug": "Broken"}');
  const raft = (url: unknown) => JSON.stringify([{ name: 'prod', endpoints: [{ name: 'one', url }] }]);
  const table: [string[], Record<string, string>, RegExp][] = [
    [['--networks', 'mainet'], {}, /^forkscope: there is no network mainet; did you mean mainnet\? Known are .*\n$/],
    [['--networks', 'qqqqqqqqq'], {}, /^forkscope: there is no network qqqqqqqqq; known are .*mainnet.*\n$/],
    [['--network', './nowhere.json'], {}, /^forkscope: \.\/nowhere\.json: cannot be read: ENOENT.*\n$/],
    [['--network', broken], {}, /broken\.json: slug: /],
  ];
  const clusters: typeof table = [
    [[], { FORKSCOPE_RAFT_CLUSTERS: raft({ env: 'NO_SUCH_URL' }) }, /^forkscope: .*NO_SUCH_URL/],
    [[], { FORKSCOPE_RAFT_CLUSTERS: raft({ env: 'FTP' }), FTP: 'ftp://prod' }, /^forkscope: raftUrlUnusable/],
  ];
  const commands: [string, typeof table][] = [
    ['start', [...table, ...clusters]],
    ['crawl', table],
  ];
  const script = join(packageRoot, 'dist/bin/forkscope.js');
  const dataDir = join(folder, 'data');
  for (const [command, rows] of commands) {
    for (const [args, env, message] of rows) {
      const { PATH = '', HOME = '' } = process.env;
      const { status, stderr } = spawnSync(process.execPath, [script, command, `--data-dir=${dataDir}`, ...args], {
        encoding: 'utf8',
        cwd: folder,
        env: { PATH, HOME, ...env },
        timeout: 20_000,
      });
      assert.equal(status, 2, `${command} ${args.join(' ')}: ${stderr}`);
      assert.match(stderr, message);
      assert.ok(!existsSync(dataDir), 'a data directory was made');
    }
  }
});
