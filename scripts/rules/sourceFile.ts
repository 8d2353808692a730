/** What the rules look at: one file, what it imports, its comments and its syntax tree. */
import { type Comment, type EcmaScriptModule, type Node, parseSync, visitorKeys } from 'oxc-parser';

export interface SourceFile {
  /** From the package root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportLine[];
  readonly comments: readonly Comment[];
  /** The root of the tree. */
  readonly program: Node;
  /** Line number of an offset in the text, from 1. */
  lineAt(offset: number): number;
}

interface ImportLine {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A rule that looks at one node at a time. */
export interface NodeRule {
  readonly rule: string;
  appliesTo(path: string): boolean;
  /** What is wrong with the node; null = nothing. `parents` begins with the nearest. */
  find(node: Node, parents: readonly Node[], file: SourceFile): string | null;
}

/** Throws the parser's error for a file that is not TypeScript. */
export function readSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text, { sourceType: 'module' });
  const [problem] = parsed.errors;
  if (problem !== undefined) throw new SyntaxError(`${path}: ${problem.message}`);
  const lineAt = lineFinder(text);
  const { program, comments } = parsed;
  return { path, text, imports: importsOf(parsed.module, text, lineAt), comments, program, lineAt };
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/** One walk over the tree for all rules. */
export function checkNodes(file: SourceFile, rules: readonly NodeRule[]): Finding[] {
  const applying = rules.filter((rule) => rule.appliesTo(file.path));
  if (applying.length === 0) return [];
  const findings: Finding[] = [];
  walk(file.program, [], (node, parents) => {
    for (const { rule, find } of applying) {
      const message = find(node, parents, file);
      if (message !== null) findings.push({ rule, path: file.path, line: file.lineAt(node.start), message });
    }
  });
  return findings;
}

function walk(node: Node, parents: readonly Node[], visit: (node: Node, parents: readonly Node[]) => void): void {
  visit(node, parents);
  const above = [node, ...parents];
  for (const child of childrenOf(node)) walk(child, above, visit);
}

/** Positions of strings and template texts. */
export function quotedParts(file: SourceFile): { readonly start: number; readonly end: number }[] {
  const parts: { readonly start: number; readonly end: number }[] = [];
  walk(file.program, [], (node) => {
    if (node.type === 'TemplateElement' || (node.type === 'Literal' && typeof node.value === 'string'))
      parts.push(node);
  });
  return parts;
}

export function childrenOf(node: Node): Node[] {
  const fields = node as unknown as Readonly<Record<string, Node | null | readonly (Node | null)[]>>;
  return (visitorKeys[node.type] ?? []).flatMap((key) => fields[key] ?? []).filter((child) => child !== null);
}

function importsOf(module: EcmaScriptModule, text: string, lineAt: (offset: number) => number): ImportLine[] {
  const imports = module.staticImports.map(({ moduleRequest, entries, start }) => ({
    specifier: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
    start,
  }));
  const exports = module.staticExports.flatMap(({ entries, start }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : { specifier: moduleRequest.value, typeOnly: isType, start },
    ),
  );
  // Without its quotes; where a computed one leads is not known.
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest, start }) => {
    const specifier = /^(['"])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[2];
    return specifier === undefined ? [] : { specifier, typeOnly: false, start };
  });
  return [...imports, ...exports, ...dynamic].map(({ start, ...line }) => ({ ...line, line: lineAt(start) }));
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
