import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDataDir } from './dataDir.ts';

const nothing = { configured: undefined, xdgDataHome: undefined, home: '/home/ada', isRoot: false };
for (const [facts, want] of [
  [nothing, '/home/ada/.local/share/forkscope'],
  [{ ...nothing, xdgDataHome: '/data' }, '/data/forkscope'],
  [{ ...nothing, xdgDataHome: 'relative' }, '/home/ada/.local/share/forkscope'],
  [{ ...nothing, home: '/root', isRoot: true }, '/var/lib/forkscope'],
  [{ ...nothing, home: '/root', isRoot: true, xdgDataHome: '/root/.data' }, '/var/lib/forkscope'],
  [{ ...nothing, isRoot: true, configured: '/srv/fs' }, '/srv/fs'],
  [{ ...nothing, configured: '' }, '/home/ada/.local/share/forkscope'],
] as const) {
  test(`data directory for ${JSON.stringify(facts)}`, () => assert.equal(defaultDataDir(facts), want));
}
