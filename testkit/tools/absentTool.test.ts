import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { absentTool } from './absentTool.ts';

const folder = mkdtempSync(join(tmpdir(), 'forkscope-tools-'));
const { PATH, CI } = process.env;
after(() => {
  rmSync(folder, { recursive: true, force: true });
  Object.assign(process.env, { PATH });
  if (CI === undefined) delete process.env.CI;
  else process.env.CI = CI;
});
writeFileSync(join(folder, 'there'), '', { mode: 0o755 });
writeFileSync(join(folder, 'text'), '', { mode: 0o644 });
mkdirSync(join(folder, 'empty'));

beforeEach(() => {
  process.env.PATH = [join(folder, 'empty'), folder].join(':');
  process.env.CI = 'false';
});

test('a program in PATH, or at its own path, is there', () => {
  assert.equal(absentTool('there', 'x'), false);
  assert.equal(absentTool(join(folder, 'there'), 'x'), false);
});

test('what is not there, or is no program, says what to install', () => {
  assert.equal(absentTool('gone', 'the-package'), 'gone is not installed: apt-get install the-package');
  assert.match(absentTool('text', 'x') || '', /^text is not installed/);
});

test('in CI its absence is an error', () => {
  process.env.CI = 'true';
  assert.equal(absentTool('there', 'x'), false);
  assert.throws(() => absentTool('gone', 'the-package'), /apt-get install the-package/);
});
