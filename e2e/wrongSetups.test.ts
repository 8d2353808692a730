/** Every wrong set-up has a sentence: what is the matter and what to do, once, before anything is started or made. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createSecureContext, TLSSocket } from 'node:tls';
import { packageRoot } from '../lib/packageRoot.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startDatabaseProxy } from './fixtures/databaseProxy.ts';
import { temporaryFolder } from './forkscopeProcess.ts';

interface Wrong {
  readonly name: string;
  readonly command: 'start' | 'crawl' | 'serve' | 'migrate';
  /** Makes it wrong, in a folder that is its own; the data directory is `data` in it. */
  set(t: TestContext, folder: string): Promise<Partial<Setup>> | Partial<Setup>;
  readonly code: number;
  readonly says: RegExp;
  /** It waits for what may come by itself, until it is ended. */
  readonly waits?: true;
}

interface Setup {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What runs before, in the same shell. */
  readonly shell: string;
  readonly dataDir: string;
}

const pem = (part: string): Buffer => readFileSync(join(packageRoot, `consortium/testdata/loopback.${part}.pem`));
const selfSigned = createSecureContext({ cert: pem('cert'), key: pem('key') });

const database = (url: string): Partial<Setup> => ({ env: { DATABASE_URL: url } });

/** A server that says this to whoever has connected, and nothing else. */
async function answering(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => answer(socket.on('error', () => {})));
  return `127.0.0.1:${await listening(t, server)}`;
}

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** ErrorResponse of the PostgreSQL protocol, section 53.7: severity, SQLSTATE, message. */
function fatal(code: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The real server, by another name: of a user or a database that it does not know. */
async function realServer(t: TestContext, user: string, name: string): Promise<string> {
  const proxy = await startDatabaseProxy((await openTestDatabase(t)).url);
  t.after(() => proxy[Symbol.asyncDispose]());
  const url = new URL(proxy.url);
  return `postgres://${user || url.username}@${url.host}/${name || url.pathname.slice(1)}`;
}

const table: readonly Wrong[] = [
  {
    name: 'wrong password',
    command: 'start',
    async set(t) {
      const text = 'password authentication failed for user "me"';
      const host = await answering(t, (socket) => socket.once('data', () => socket.end(fatal('28P01', text))));
      return database(`postgres://me:secretword@${host}/db`);
    },
    code: 2,
    says: /me@127\.0\.0\.1:\d+\/db refuses the password: correct .* DATABASE_URL/,
  },
  {
    name: 'unknown user',
    command: 'crawl',
    set: async (t) => database(await realServer(t, 'nobodyhere', '')),
    code: 2,
    says: /refuses this user: create the role/,
  },
  {
    name: 'missing database',
    command: 'serve',
    set: async (t) => database(await realServer(t, '', 'nothinghere')),
    code: 2,
    says: /has no database of this name: create it/,
  },
  {
    name: 'refused',
    command: 'start',
    set: () => database('postgres://me:secretword@127.0.0.1:1/db'),
    code: 0,
    says: /waiting for the database: .*me@127\.0\.0\.1:1\/db refuses connections: start it, or correct host and port/,
    waits: true,
  },
  {
    name: 'unresolved host',
    command: 'crawl',
    set: () => database('postgres://me@no-such-host.invalid/db'),
    code: 0,
    says: /waiting for the database: .*no-such-host\.invalid:5432\/db has a host name that (cannot be resolved|no name server resolves)/,
    waits: true,
  },
  {
    name: 'self-signed certificate',
    command: 'crawl',
    async set(t) {
      const host = await answering(t, (socket) =>
        socket.once('data', () => {
          socket.write('S');
          new TLSSocket(socket, { isServer: true, secureContext: selfSigned }).on('error', () => {});
        }),
      );
      return database(`postgres://me@${host}/db?sslmode=verify-full`);
    },
    code: 2,
    says: /is not trusted, because it signed its certificate itself: name the certificate .* NODE_EXTRA_CA_CERTS/,
  },
  {
    name: 'data directory that is a file',
    command: 'start',
    set(_t, folder) {
      writeFileSync(join(folder, 'file'), '');
      return { dataDir: join(folder, 'file', 'data') };
    },
    code: 2,
    says: /data directory \S+ cannot be used: \S+file is not a folder; give a folder .* --data-dir/,
  },
  {
    name: 'data directory on /proc',
    command: 'crawl',
    set: () => ({ dataDir: '/proc/forkscope' }),
    code: 2,
    says: /data directory \/proc\/forkscope cannot be used: \/proc is no place for files/,
  },
  {
    name: 'read-only data directory',
    command: 'start',
    set(t, folder) {
      // A mount of our own, where this user may make one: nobody but this process sees it.
      const mounted = 'exec unshare --user --map-root-user --mount bash -c';
      if (spawnSync('bash', ['-c', `${mounted} true`]).status !== 0) t.skip('no mounts of its own for this user');
      const mount = `mount -t tmpfs -o ro none "$0" && exec "$@"`;
      mkdirSync(join(folder, 'mount'));
      return { shell: `${mounted} '${mount}' ${folder}/mount`, dataDir: join(folder, 'mount', 'data') };
    },
    code: 2,
    says: /data directory \S+ cannot be used: \S+mount is read-only; give a folder .* --data-dir/,
  },
  {
    name: 'home folder that is none',
    command: 'start',
    set: () => ({ shell: 'HOME= exec setpriv --reuid=64999 --regid=64999 --clear-groups', dataDir: '' }),
    code: 2,
    says: /has no home folder to keep data in: give a folder with --data-dir, or set HOME/,
  },
  {
    name: 'data directory of another user',
    command: 'start',
    set: () => ({ shell: 'exec setpriv --reuid=64999 --regid=64999 --clear-groups', dataDir: '/root/forkscope' }),
    code: 2,
    says: /data directory \/root\/forkscope cannot be used: \/root\S* is closed to this user/,
  },
  {
    name: 'UDP port taken',
    command: 'start',
    async set(t) {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      t.after(() => socket.close());
      return { args: [`--port=${socket.address().port}`] };
    },
    code: 2,
    says: /UDP port \d+ of 127\.0\.0\.1 is taken by another program: stop it, or choose another with --port/,
  },
  {
    name: 'HTTP port taken',
    command: 'start',
    set: async (t) => ({ args: [`--http-port=${await listening(t, createServer())}`] }),
    code: 2,
    says: /TCP port \d+ of 127\.0\.0\.1 is taken by another program: stop it, or choose another with --http-port/,
  },
  {
    name: 'address of another machine',
    command: 'crawl',
    set: () => ({ args: ['--bind4=192.0.2.1'] }),
    code: 2,
    says: /192\.0\.2\.1 is no address of this machine: correct --port, --bind4/,
  },
  {
    name: 'few files',
    command: 'start',
    set: () => ({ shell: 'ulimit -n 64; exec' }),
    code: 2,
    says: /may have 64 files open, and needs \d+: raise the limit \(ulimit -n 4096/,
  },
  {
    name: 'unknown network',
    command: 'start',
    set: () => ({ args: ['--networks=mainet'] }),
    code: 2,
    says: /there is no network mainet; did you mean mainnet\?/,
  },
  {
    name: 'no network',
    command: 'start',
    set: () => ({ args: ['--networks='] }),
    code: 2,
    says: /there is nothing to watch: give networks by slug with --networks/,
  },
  {
    name: 'database of another PostgreSQL',
    command: 'start',
    set(_t, folder) {
      // As root the server runs as another user, who must be able to enter.
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, 'data', 'postgres'), { recursive: true, mode: 0o755 });
      writeFileSync(join(folder, 'data', 'postgres', 'PG_VERSION'), '14\n');
      return {};
    },
    code: 2,
    says: /was created by PostgreSQL 14, but this Forkscope comes with \d+: back it up/,
  },
  {
    name: 'crawl beside another crawler',
    command: 'crawl',
    set(_t, folder) {
      mkdirSync(join(folder, 'data'));
      writeFileSync(join(folder, 'data', 'crawl.lock'), JSON.stringify({ pid: process.pid, born: null }));
      return {};
    },
    code: 1,
    says: /forkscope crawl is already running on this data directory \(process \d+/,
  },
];

const flags: Readonly<Record<Wrong['command'], readonly string[]>> = {
  start: ['--http-port=0', '--port=0', '--bind4=127.0.0.1', '--bind6=none', '--crawl-metrics-port=0'],
  crawl: ['--port=0', '--bind4=127.0.0.1', '--bind6=none', '--crawl-metrics-port=0'],
  serve: ['--http-port=0'],
  migrate: [],
};

describe('a wrong set-up has a sentence', { concurrency: 3 }, () => {
  for (const { name, command, set, code, says, waits } of table) {
    test(name, { timeout: 60_000 }, async (t) => {
      const folder = temporaryFolder(t, 'wrong');
      const { args = [], env = {}, shell = 'exec', dataDir = join(folder, 'data') } = await set(t, folder);
      const there = existsSync(dataDir);
      const given = [...flags[command], ...args];
      if (dataDir !== '') given.push(`--data-dir=${dataDir}`);
      const end = await run(shell, [command, ...given], env, waits === true ? says : null);
      assert.deepEqual([end.code, end.signal], [code, null], end.stderr);
      assert.equal(end.stderr.split('\n').filter((line) => says.test(line)).length, 1, end.stderr);
      assert.doesNotMatch(end.stderr, /^\s+at |secretword/m);
      if (code === 2) assert.equal(existsSync(dataDir), there, 'something was made');
    });
  }
});

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Runs it to its end, or until it has said what it waits for. */
function run(shell: string, args: readonly string[], env: Setup['env'], until: RegExp | null): Promise<End> {
  const { PATH = '' } = process.env;
  const script = join(packageRoot, 'dist/bin/forkscope.js');
  const child = spawn('bash', ['-c', `${shell} "$@"`, 'bash', process.execPath, script, ...args], {
    env: { PATH, HOME: '/', ...env },
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (until?.test(stderr)) child.kill('SIGTERM');
  });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, stderr })));
}
