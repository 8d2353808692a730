/** `npm run check`, after Biome and the compiler: the house rules that those two do not cover. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { boundsRule } from './rules/bounds.ts';
import { castRule, dropAllowedCasts } from './rules/casts.ts';
import { checkCycles } from './rules/cycles.ts';
import { checkPackageDoors, doorRules } from './rules/doors.ts';
import { checkImports } from './rules/imports.ts';
import { forgottenScripts, type LockFile, lockedProblems } from './rules/installScripts.ts';
import { licenceProblem } from './rules/licences.ts';
import { checkArrows, checkReferences, readProjects } from './rules/projects.ts';
import { checkPureImports, purityRule } from './rules/purity.ts';
import { checkServerClock, checkSqlFile } from './rules/serverClock.ts';
import { checkLongFunctions, checkName, checkSize, functionRule } from './rules/sizes.ts';
import { checkNodes, type Finding, readSource, type SourceFile } from './rules/sourceFile.ts';

const fileRules = [checkImports, checkPackageDoors, checkPureImports, checkServerClock, checkName];
const nodeRules = [...doorRules, castRule, purityRule, boundsRule, functionRule];

/** Every finding in one file. */
export function checkFile(file: SourceFile): { readonly failures: Finding[]; readonly warnings: Finding[] } {
  const size = checkSize(file);
  const inCode = dropAllowedCasts(checkNodes(file, nodeRules));
  return {
    failures: [...fileRules.flatMap((rule) => rule(file)), ...inCode, ...size.failures],
    warnings: size.warnings,
  };
}

/** Every source file below `folder`, read. */
export function readSources(folder: string): SourceFile[] {
  return [...sourcePaths(folder)].map((path) =>
    readSource(relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8')),
  );
}

function* sourcePaths(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const isOurs = !entry.name.startsWith('.') && !['node_modules', 'dist', 'testdata'].includes(entry.name);
      if (isOurs) yield* sourcePaths(path);
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

/** Findings in package-lock.json, and in the manifests of what is installed by it. */
function checkLock(folder: string): Finding[] {
  const path = 'package-lock.json';
  const lock: LockFile = JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const problems = Object.entries(lock.packages).flatMap(([place, locked]) => {
    const manifest = join(folder, place, 'package.json');
    return lockedProblems(place, locked, existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : null);
  });
  const forgotten = forgottenScripts(lock).map(
    (name) => `${name} is listed in scripts/rules/installScripts.ts, and is gone`,
  );
  return [...problems, ...forgotten].map((message) => ({ rule: 'installScripts', path, line: 1, message }));
}

function main(): number {
  const files = readSources(packageRoot);
  const found = files.map(checkFile);
  const warnings = found.flatMap((each) => each.warnings);
  const failures = found.flatMap((each) => each.failures);
  const projects = readProjects(packageRoot);
  failures.push(...checkReferences(projects), ...checkArrows(projects, files));
  failures.push(...checkCycles(files), ...checkLongFunctions(files));
  for (const folder of ['sql/migrations', 'sql/functions']) {
    for (const name of readdirSync(join(packageRoot, folder)).filter((entry) => entry.endsWith('.sql'))) {
      failures.push(...checkSqlFile(`${folder}/${name}`, readFileSync(join(packageRoot, folder, name), 'utf8')));
    }
  }
  failures.push(...checkLock(packageRoot));
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
    `check: ${files.length} files, ${projects.length} projects, ${packages} packages, ${failures.length} failures, ${warnings.length} warnings`,
  );
  return failures.length === 0 ? 0 : 1;
}

if (import.meta.filename === process.argv[1]) process.exitCode = main();
