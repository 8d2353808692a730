import { type Finding, isTest, type SourceFile } from './sourceFile.ts';

export const sourceLines = { warn: 250, fail: 400 } as const;
/** Tests are tables and may be longer. */
export const testLines = { warn: 400, fail: 600 } as const;

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
