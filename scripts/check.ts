/** `npm run check`, after Biome and the compiler: the habits of the house that those two do not know. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { checkArrows, checkCycles } from './rules/arrows.ts';
import { checkCasts, checkDoors } from './rules/doors.ts';
import { licenceProblem } from './rules/licences.ts';
import { checkBounds, checkPurity } from './rules/purity.ts';
import { checkServerClock, checkSqlFile } from './rules/serverClock.ts';
import { checkName, checkSize } from './rules/sizes.ts';
import { type Finding, readSource, type SourceFile } from './rules/sourceFile.ts';

const roots = [
  'bin',
  'lib',
  'p2p',
  'chains',
  'crawler',
  'consortium',
  'notify',
  'testkit',
  'api',
  'web',
  'sql',
  'grafana',
  'bench',
  'scripts',
  'e2e',
];
const rules = [checkArrows, checkDoors, checkCasts, checkPurity, checkBounds, checkServerClock, checkName];

/** Every finding in one file. */
export function checkFile(file: SourceFile): { readonly failures: Finding[]; readonly warnings: Finding[] } {
  const size = checkSize(file);
  return { failures: [...rules.flatMap((rule) => rule(file)), ...size.failures], warnings: size.warnings };
}

function* sourcePaths(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'testdata'].includes(entry.name)) yield* sourcePaths(path);
    } else if (/\.(tsx?|mjs)$/.test(entry.name)) yield path;
  }
}

function* manifests(modules: string): Generator<string> {
  if (!existsSync(modules)) return;
  for (const name of readdirSync(modules)) {
    if (name.startsWith('.')) continue;
    const path = join(modules, name);
    if (name.startsWith('@')) yield* manifests(path);
    else {
      if (existsSync(join(path, 'package.json'))) yield join(path, 'package.json');
      yield* manifests(join(path, 'node_modules'));
    }
  }
}

function main(): number {
  const failures: Finding[] = [];
  const warnings: Finding[] = [];
  const files: SourceFile[] = [];
  for (const path of roots.flatMap((root) => [...sourcePaths(join(packageRoot, root))])) {
    const file = readSource(relative(packageRoot, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    const found = checkFile(file);
    failures.push(...found.failures);
    warnings.push(...found.warnings);
    files.push(file);
  }
  failures.push(...checkCycles(files));
  for (const folder of ['sql/migrations', 'sql/functions']) {
    for (const name of readdirSync(join(packageRoot, folder)).filter((entry) => entry.endsWith('.sql'))) {
      failures.push(...checkSqlFile(`${folder}/${name}`, readFileSync(join(packageRoot, folder, name), 'utf8')));
    }
  }
  let packages = 0;
  for (const path of manifests(join(packageRoot, 'node_modules'))) {
    const problem = licenceProblem(JSON.parse(readFileSync(path, 'utf8')));
    if (problem !== null)
      failures.push({ rule: 'licence', path: relative(packageRoot, path), line: 1, message: problem });
    packages++;
  }
  for (const { rule, path, line, message } of warnings) console.warn(`warning ${path}:${line} [${rule}] ${message}`);
  for (const { rule, path, line, message } of failures) console.error(`${path}:${line} [${rule}] ${message}`);
  console.log(
    `check: ${files.length} files, ${packages} packages, ${failures.length} failures, ${warnings.length} warnings`,
  );
  return failures.length === 0 ? 0 : 1;
}

if (import.meta.filename === process.argv[1]) process.exitCode = main();
