import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { endAll, Lifetime } from '../../lib/lifecycle.ts';
import { createLogger } from '../../lib/logger.ts';
import { ChildRefusedError, runChildren } from './runChildren.ts';

const folder = mkdtempSync(join(tmpdir(), 'forkscope-children-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a child that refuses its configuration ends the whole, with its sentence', async () => {
  const script = (name: string, body: string) => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, body);
    return { name, args: [path], env: process.env };
  };
  const children = [
    script('good', `setInterval(() => {}, 1000);`),
    script('wrong', `console.error('forkscope: there is no network mainet'); process.exitCode = 2;`),
  ];
  const life = new Lifetime();
  const log = createLogger({ level: 'error', format: 'text', now: () => 0, write: () => {} });
  const context = {
    flags: {},
    configFlags: {},
    operands: [],
    signal: new AbortController().signal,
    onForce: () => {},
    stdout: () => {},
    stderr: () => {},
    isSupervised: false,
    announce: () => {},
    version: '0',
  };
  await assert.rejects(
    runChildren(context, children, life, log, 'hello'),
    (error) => error instanceof ChildRefusedError && error.message === 'wrong: there is no network mainet',
  );
  assert.equal(await endAll(life, log), false);
});
