import type { Finding, SourceFile } from './sourceFile.ts';

export const warnLines = 250;
export const failLines = 400;

/** Files that may be longer than `failLines`, each with its reason. */
const longOnes: Readonly<Record<string, string>> = {};

export function checkSize(file: SourceFile): { readonly failures: Finding[]; readonly warnings: Finding[] } {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  const finding = {
    rule: 'size',
    path: file.path,
    line: lines,
    message: `${lines} lines; aim below ${warnLines}, at most ${failLines}`,
  };
  if (lines > failLines && !(file.path in longOnes)) return { failures: [finding], warnings: [] };
  return { failures: [], warnings: lines > warnLines ? [finding] : [] };
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
