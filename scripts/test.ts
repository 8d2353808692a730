/**
 * Runs the built tests with node's own runner. `npm test -- wire raft` runs the files whose path holds one of
 * the words. Files under e2e/ run one at a time after the rest: they start processes and want the machine.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';

const roots = ['bin', 'lib', 'crawler', 'api', 'web', 'sql', 'grafana', 'bench', 'scripts', 'e2e'];
const words = process.argv.slice(2);

function testSources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : testSources(path);
    return /\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const built = roots
  .flatMap((root) => testSources(join(packageRoot, root)))
  .map((source) => relative(packageRoot, source))
  .filter((source) => words.length === 0 || words.some((word) => source.includes(word)))
  .map((source) => join('dist', source.replace(/\.tsx?$/, '.js')));

if (built.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(1);
}
const groups = [built.filter((file) => !isEndToEnd(file)), built.filter(isEndToEnd)];
let failed = false;
for (const [index, files] of groups.entries()) {
  if (files.length === 0) continue;
  const { status } = spawnSync(
    process.execPath,
    [
      '--enable-source-maps',
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${index === 0 ? 2 : 1}`,
      '--test-timeout=300000',
      ...files,
    ],
    { stdio: 'inherit', cwd: packageRoot },
  );
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);

function isEndToEnd(file: string): boolean {
  return file.startsWith(join('dist', 'e2e'));
}
