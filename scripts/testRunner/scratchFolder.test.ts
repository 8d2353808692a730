import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openScratchFolder } from './scratchFolder.ts';

test('files of a run are on the disk in memory where it has room, and gone after it', (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'forkscope-memory-'));
  t.after(() => rmSync(disk, { recursive: true, force: true }));
  const scratch = openScratchFolder(disk, 1);
  assert.equal(dirname(scratch.path), disk);
  assert.equal(statSync(scratch.path).mode & 0o7777, 0o1777, 'as open to other users as the system’s');
  mkdirSync(join(scratch.path, 'left'));
  writeFileSync(join(scratch.path, 'left/behind'), '');
  scratch.close();
  assert.equal(existsSync(scratch.path), false);
});

test('a disk that is too small, or not there, leaves them where the system has such files', (t) => {
  for (const [disk, needBytes] of [
    [tmpdir(), 2 ** 62],
    [join(tmpdir(), 'forkscope-no-such-disk'), 1],
  ] as const) {
    const scratch = openScratchFolder(disk, needBytes);
    t.after(scratch.close);
    assert.equal(dirname(scratch.path), tmpdir());
  }
});
