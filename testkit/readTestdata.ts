import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';

/** Parsed content of a JSON file of vectors, by its path inside the package. */
// biome-ignore lint/suspicious/noExplicitAny: vectors have a shape of their own in each file
export function readTestdata(path: string): any {
  return JSON.parse(readFileSync(join(packageRoot, path), 'utf8'));
}
