/** A test file that tests nothing: it gives the figures of a whole run to the runner that counts coverage. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../lib/packageRoot.ts';
import { rawVariable } from './coverage.ts';

const from = process.env[rawVariable] ?? '';
const to = process.env.NODE_V8_COVERAGE ?? '';
const built = pathToFileURL(join(packageRoot, 'dist/')).href;
const ours = (url: string) => url.startsWith(built) && !/\.test\.js$|\/dist\/(?:e2e|scripts\/testRunner)\//.test(url);

test('the figures of the run are handed on', () => {
  for (const name of readdirSync(from)) {
    const { result } = JSON.parse(readFileSync(join(from, name), 'utf8'));
    const kept = result.filter(({ url }: { readonly url: string }) => ours(url));
    writeFileSync(join(to, name), JSON.stringify({ result: kept }));
  }
});
