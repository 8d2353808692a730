import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { TestWeight } from './testQueue.ts';

const file = join(packageRoot, 'scripts/testRunner/testWeights.json');

/** What `--learn` wrote, by the names of test files. Shares are set in the file by hand. */
export function readWeights(): Record<string, TestWeight> {
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function writeWeights(weights: Readonly<Record<string, TestWeight>>): void {
  const lines = Object.entries(weights).map(([name, { seconds, share }]) => {
    const own = share === undefined ? '' : `, "share": ${JSON.stringify(share)}`;
    return `  ${JSON.stringify(name)}: { "seconds": ${seconds}${own} }`;
  });
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
}
