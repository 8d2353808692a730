import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { readModules } from './testResources.ts';

const reaches = (file: string, module: string) =>
  [...readModules([join(packageRoot, 'dist', file)])].some((path) => basename(path) === module);

test('what a test needs is found behind its fixtures, and not where nothing needs it', () => {
  assert.ok(reaches('e2e/crash.test.js', 'testDatabase.js'));
  assert.ok(reaches('e2e/forkActivation.test.js', 'pageTools.js'));
  assert.equal(reaches('p2p/wire/rlp.test.js', 'testDatabase.js'), false);
  assert.equal(reaches('api/app.test.js', 'pageTools.js'), false);
});
