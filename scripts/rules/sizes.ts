import type { Node } from 'oxc-parser';
import { checkNodes, childrenOf, type Finding, isTest, type NodeRule, type SourceFile } from './sourceFile.ts';

const sourceLines = { warn: 250, fail: 400 } as const;
/** Tests are mostly tables and may be longer. */
const testLines = { warn: 400, fail: 600 } as const;

/** Files that may be longer, each with its reason. */
const longOnes: Readonly<Record<string, string>> = {};

export function checkSize(file: SourceFile): { readonly failures: Finding[]; readonly warnings: Finding[] } {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  const { warn, fail } = isTest(file.path) ? testLines : sourceLines;
  const finding = {
    rule: 'size',
    path: file.path,
    line: lines,
    message: `${lines} lines; aim below ${warn}, at most ${fail}`,
  };
  if (lines > fail && !(file.path in longOnes)) return { failures: [finding], warnings: [] };
  return { failures: [], warnings: lines > warn ? [finding] : [] };
}

/** Lines of a function, without its template strings: SQL is judged as SQL. */
const functionLines = 80;

/** Functions that may be longer, each with its reason. */
const longFunctions: Readonly<Record<string, string>> = {
  'api/http/metrics.ts createApiMetrics': 'a table of metrics',
  'bench/crawlSimulation.ts crawlIn': 'a crawl, and the table of what is reported of it',
  'bench/memoryProcess.ts crawl': 'a world made up for one measurement',
  'consortium/metricFamilies.ts defineRaftFamilies': 'a table of metrics',
  'e2e/fixtures/lyingPeers.ts lieToCrawler': 'a test, step by step',
};

export const functionRule: NodeRule = {
  rule: 'function',
  // A test is made of functions in functions, and so is what two tests share.
  appliesTo: (path) => !isTest(path) && !path.startsWith('e2e/scenarios/'),
  find: (node, [parent], file) => {
    const long = longFunction(node, parent, file);
    if (long === null || `${file.path} ${long.name}` in longFunctions) return null;
    return `${long.name} has ${long.lines} lines; at most ${functionLines}`;
  },
};

/** Exceptions that no function needs any more. */
export function checkLongFunctions(
  files: readonly SourceFile[],
  exceptions: readonly string[] = Object.keys(longFunctions),
): Finding[] {
  const needed = new Set<string>();
  const collect: NodeRule = {
    ...functionRule,
    find: (node, [parent], file) => {
      const long = longFunction(node, parent, file);
      if (long !== null) needed.add(`${file.path} ${long.name}`);
      return null;
    },
  };
  const named = new Set(exceptions.map((key) => key.split(' ')[0] ?? ''));
  for (const file of files) if (named.has(file.path)) checkNodes(file, [collect]);
  return exceptions
    .filter((key) => !needed.has(key))
    .map((key) => ({
      rule: 'function',
      path: 'scripts/rules/sizes.ts',
      line: 1,
      message: `${key} needs no exception`,
    }));
}

function longFunction(
  node: Node,
  parent: Node | undefined,
  file: SourceFile,
): { readonly name: string; readonly lines: number } | null {
  if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return null;
  const all = linesOf(node, file);
  const lines = all <= functionLines ? all : all - quotedLines(node, file);
  return lines <= functionLines ? null : { name: nameOf(node) ?? nameOf(parent) ?? 'a function', lines };
}

function linesOf(node: Node, file: SourceFile): number {
  return file.lineAt(node.end) - file.lineAt(node.start) + 1;
}

function quotedLines(node: Node, file: SourceFile): number {
  if (node.type === 'TemplateLiteral') return linesOf(node, file) - 1;
  return childrenOf(node).reduce((sum, child) => sum + quotedLines(child, file), 0);
}

function nameOf(node: Node | undefined): string | null {
  const named = node === undefined ? null : 'id' in node ? node.id : 'key' in node ? node.key : null;
  return named?.type === 'Identifier' || named?.type === 'PrivateIdentifier' ? named.name : null;
}

/** Files are named in camelCase after what they export; a component's file may start with a capital. */
export function checkName(file: SourceFile): Finding[] {
  const name = file.path.split('/').at(-1) ?? '';
  if (
    /^[a-z][A-Za-z0-9]*(\.[a-z]+)?(\.test)?(\.d)?\.(ts|mjs)$/.test(name) ||
    /^[A-Za-z][A-Za-z0-9]*(\.test)?\.tsx$/.test(name)
  )
    return [];
  return [{ rule: 'name', path: file.path, line: 1, message: 'file names are camelCase' }];
}
