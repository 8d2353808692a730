/**
 * Node's own coverage of a whole run. Each test file leaves its raw figures in one folder as it ends; at the end one run
 * of node's runner with --experimental-test-coverage is fed with all of them, and its reporter prints them by folder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';

/** Where the figures are that `coverageFeed` takes. */
export const rawVariable = 'FORKSCOPE_RAW_COVERAGE';

export interface Coverage {
  /** To be added to a test file's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Prints the table. */
  print(): Promise<void>;
  close(): Promise<void>;
}

export async function openCoverage(): Promise<Coverage> {
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-coverage-'));
  const built = (name: string) => join(packageRoot, 'dist/scripts/testRunner', name);
  return {
    environment: { NODE_V8_COVERAGE: folder },
    print: async () => {
      const child = spawn(
        process.execPath,
        [
          ...['--test', '--experimental-test-coverage', `--test-reporter=${built('coverageReporter.js')}`],
          built('coverageFeed.js'),
        ],
        { cwd: packageRoot, env: { ...process.env, [rawVariable]: folder }, stdio: ['ignore', 'inherit', 'inherit'] },
      );
      await once(child, 'exit');
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Counts of one file, as node reports them. */
export interface FileCoverage {
  readonly path: string;
  readonly totalLineCount: number;
  readonly coveredLineCount: number;
  readonly totalBranchCount: number;
  readonly coveredBranchCount: number;
  readonly totalFunctionCount: number;
  readonly coveredFunctionCount: number;
}

const kinds = ['Line', 'Branch', 'Function'] as const;

/** A line for each folder of at most two levels, and one for all. */
export function coverageTable(files: readonly FileCoverage[]): string {
  const folders = new Map<string, FileCoverage[]>();
  for (const file of files) {
    const folder = file.path.split('/').slice(0, -1).slice(0, 2).join('/');
    const own = folders.get(folder);
    if (own === undefined) folders.set(folder, [file]);
    else own.push(file);
  }
  const rows = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, own]) => [folder, ...shares(own)]);
  const lines = [['folder', 'lines %', 'branches %', 'functions %'], ...rows, ['all', ...shares(files)]];
  const width = Math.max(...lines.map(([folder = '']) => folder.length));
  return lines
    .map(([folder = '', ...cells]) => `${folder.padEnd(width)} ${cells.map((cell) => cell.padStart(13)).join('')}`)
    .join('\n');
}

function shares(files: readonly FileCoverage[]): string[] {
  return kinds.map((kind) => {
    const sum = (name: `${'total' | 'covered'}${typeof kind}Count`) => files.reduce((all, file) => all + file[name], 0);
    const total = sum(`total${kind}Count`);
    return total === 0 ? '–' : ((100 * sum(`covered${kind}Count`)) / total).toFixed(1);
  });
}
