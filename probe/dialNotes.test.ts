import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DialNotes } from './dialNotes.ts';

test('a second dial of one address within 35 s is told of, by another process too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-notes-'));
  try {
    const now = 1_700_000_000_000;
    assert.equal(new DialNotes(folder).note('192.0.2.1', now), null);
    assert.equal(new DialNotes(folder).note('192.0.2.2', now + 1_000), null);
    assert.equal(new DialNotes(folder).note('192.0.2.1', now + 12_000), 12_000);
    assert.equal(new DialNotes(folder).note('192.0.2.1', now + 60_000), null);
    // A clock that was set back, and a file that is no such file.
    assert.equal(new DialNotes(folder).note('192.0.2.1', now), null);
    writeFileSync(join(folder, 'probed.json'), '{"192.0.2.1": "yesterday"');
    assert.equal(new DialNotes(folder).note('192.0.2.1', now), null);
    assert.equal(new DialNotes(join(folder, 'probed.json')).note('192.0.2.1', now), null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
