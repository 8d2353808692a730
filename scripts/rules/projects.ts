/**
 * What may import what. The compiler enforces the arrows: each room or part of one is a project of its own, and a project
 * sees what the `references` of its tsconfig.json lead to. Two things it leaves open are looked at here: that references
 * follow the order of the rooms, and that each import has a reference of its own, for to the compiler a reference to
 * one project is a way to all that this one refers to.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { type Finding, isTest, type SourceFile } from './sourceFile.ts';

/** The order of the rooms: each may refer to those in the rows above it, and to nothing beside it. */
export const layers: readonly (readonly string[])[] = [
  ['lib', 'api/contract'],
  ['p2p', 'sql'],
  ['chains', 'notify'],
  ['probe'],
  // Strangers to each other: they share the schema in sql/, and the web sees the types of the API's contract.
  ['crawler', 'consortium', 'api', 'web'],
  ['testkit', 'grafana'],
  ['bin'],
  ['bench'],
  ['scripts'],
  ['e2e'],
];

/** A tsconfig.json, or the tsconfig.tests.json of a room's tests. */
export interface Project {
  /** Its file, from the package root. */
  readonly config: string;
  readonly folder: string;
  readonly ofTests: boolean;
  /** Config files of the projects that it refers to. */
  readonly references: readonly string[];
}

const configSchema = z.object({
  files: z.array(z.string()).optional(),
  references: z.array(z.object({ path: z.string() })).default([]),
});

/** Every project below `root`. */
export function readProjects(root: string): Project[] {
  return [...configFiles(root, '')].flatMap((config): Project[] => {
    const { files, references } = configSchema.parse(JSON.parse(readFileSync(join(root, config), 'utf8')));
    // One without files of its own only lists the others.
    if (files?.length === 0) return [];
    const folder = posix.dirname(config);
    const toConfig = (path: string): string =>
      path.endsWith('.json') ? posix.join(folder, path) : posix.join(folder, path, 'tsconfig.json');
    const ofTests = posix.basename(config) === 'tsconfig.tests.json';
    return [{ config, folder, ofTests, references: references.map(({ path }) => toConfig(path)) }];
  });
}

function* configFiles(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist'].includes(entry.name) && !entry.name.startsWith('.')) {
        yield* configFiles(root, posix.join(folder, entry.name));
      }
    } else if (/^tsconfig(\.tests)?\.json$/.test(entry.name)) {
      // At the root they are the bases of all others.
      if (entry.name === 'tsconfig.json' || folder !== '') yield posix.join(folder, entry.name);
    }
  }
}

/** The project that compiles a file: of the nearest folder above it, or of its room's tests. */
export function projectOf(projects: readonly Project[], path: string): Project | null {
  const holding = projects
    .filter(({ folder }) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length);
  const ofTests = isTest(path) ? holding.find((project) => project.ofTests) : undefined;
  return ofTests ?? holding.find((project) => !project.ofTests) ?? null;
}

/** References against the order of the rooms. */
export function checkReferences(projects: readonly Project[]): Finding[] {
  const byConfig = new Map(projects.map((project) => [project.config, project]));
  return projects.flatMap((from) => {
    const finding = (message: string): Finding => ({ rule: 'references', path: from.config, line: 1, message });
    if (placeOf(from.folder) === null) return [finding(`${from.folder} is in no room; give it one in \`layers\``)];
    return from.references.flatMap((config) => {
      const to = byConfig.get(config);
      if (to === undefined) return [finding(`${config} is no project`)];
      return mayRefer(from, to) ? [] : [finding(`${from.folder} must not refer to ${to.folder}`)];
    });
  });
}

function mayRefer(from: Project, to: Project): boolean {
  const [a, b] = [placeOf(from.folder), placeOf(to.folder)];
  if (a === null || b === null || to.ofTests) return false;
  return a.room === b.room || b.row < a.row || (from.ofTests && b.room === 'testkit');
}

/** The innermost room that holds a folder, and its row. */
function placeOf(folder: string): { readonly room: string; readonly row: number } | null {
  const places = layers.flatMap((rooms, row) => rooms.map((room) => ({ room, row })));
  const holding = places.filter(({ room }) => folder === room || folder.startsWith(`${room}/`));
  return holding.toSorted((a, b) => b.room.length - a.room.length)[0] ?? null;
}

/** Imports without a reference of their own, references without an import, and files that no project compiles. */
export function checkArrows(projects: readonly Project[], files: readonly SourceFile[]): Finding[] {
  const used = new Set<string>();
  const findings = files.flatMap((file): Finding[] => {
    const finding = (line: number, message: string): Finding => ({ rule: 'arrows', path: file.path, line, message });
    if (file.path.endsWith('.mjs') || ranByOthers.has(file.path)) return [];
    const from = projectOf(projects, file.path);
    if (from === null) return [finding(1, 'no tsconfig.json compiles it')];
    return file.imports.flatMap(({ specifier, line }) => {
      if (!specifier.startsWith('.')) return [];
      const target = posix.join(posix.dirname(file.path), specifier);
      if (!/\.(tsx?|mjs|json|css|svg)$/.test(target)) return [finding(line, `${specifier} needs its file name ending`)];
      const to = projectOf(projects, target);
      if (to === null) return [finding(line, `${target} is in no project`)];
      used.add(`${from.config} ${to.config}`);
      if (to === from || from.references.includes(to.config)) return [];
      return [finding(line, `${from.folder} must not import ${to.folder}: ${from.config} does not refer to it`)];
    });
  });
  const unused = projects.flatMap(({ config, references }) =>
    references
      .filter((reference) => !used.has(`${config} ${reference}`))
      .map((reference) => ({ rule: 'arrows', path: config, line: 1, message: `nothing uses ${reference}` })),
  );
  return [...findings, ...unused];
}

/** Sources that other programs run as they are. */
export const ranByOthers: ReadonlySet<string> = new Set(['web/vite.config.ts']);
