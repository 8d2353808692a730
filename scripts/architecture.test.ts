import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../lib/packageRoot.ts';
import { layers } from './rules/projects.ts';

const page = readFileSync(join(packageRoot, 'docs/ARCHITECTURE.md'), 'utf8');

/** Folders of the repository, two levels deep; what is made and what holds data for tests left out. */
function folders(above = ''): string[] {
  return readdirSync(join(packageRoot, above), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .filter(({ name }) => !['node_modules', 'dist', 'testdata', 'data'].includes(name))
    .flatMap(({ name }) => [posix.join(above, name), ...(above === '' ? folders(name) : [])]);
}

test('the tree of docs/ARCHITECTURE.md is the tree on disk', () => {
  const named = [...page.matchAll(/^`([\w/]+)\/` \| /gm)].map(([, folder = '']) => folder);
  assert.deepEqual(named.toSorted(), folders().toSorted());
  assert.equal(new Set(named).size, named.length);
});

test('the order of the rooms is the one that is checked', () => {
  const order = layers.map((rooms) => rooms.join(', ')).toReversed();
  assert.ok(page.includes(`\n\`\`\`\n${order.join('\n')}\n\`\`\`\n`), order.join('\n'));
});
