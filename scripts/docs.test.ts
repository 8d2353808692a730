import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../lib/packageRoot.ts';
import { generatedDocuments } from './docs.ts';

for (const [path, text] of generatedDocuments()) {
  test(`${path} is what the definitions give (else: npm run docs)`, () => {
    assert.equal(readFileSync(join(packageRoot, path), 'utf8'), text);
  });
}
