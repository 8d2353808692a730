/** What the rules look at: one file, its code without comments and strings, and what it imports. */

export interface SourceFile {
  /** From the package root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings blanked; same length and lines. */
  readonly code: string;
  readonly imports: readonly ImportLine[];
}

export interface ImportLine {
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

export function readSource(path: string, text: string): SourceFile {
  const code = blank(text);
  return { path, text, code, imports: importsOf(text, code) };
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/** Every match of `pattern` in the code, as a finding. */
export function findAll(
  file: SourceFile,
  rule: string,
  pattern: RegExp,
  message: (match: string) => string,
): Finding[] {
  return [...file.code.matchAll(pattern)].map((match) => ({
    rule,
    path: file.path,
    line: lineAt(file.code, match.index),
    message: message(match[0].trim()),
  }));
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function importsOf(text: string, code: string): ImportLine[] {
  // The keyword is looked for in the blanked code, so that a string or a comment is no import; the specifier
  // stands at the same place of the text.
  const pattern =
    /\b(?:import|export)\b(?<what>[^;'"`()=]*?)(?:\bfrom\s*)?(?<quote>['"])|\bimport\s*\(\s*(?<dynamic>['"])/g;
  const found: ImportLine[] = [];
  for (const match of code.matchAll(pattern)) {
    const { what = '', quote, dynamic } = match.groups ?? {};
    const isStatement = quote !== undefined && (what.trim() === '' || /\bfrom\s*$/.test(match[0].slice(0, -1)));
    if (!isStatement && dynamic === undefined) continue;
    const start = match.index + match[0].length;
    const end = text.indexOf(quote ?? dynamic ?? '', start);
    if (end === -1) continue;
    found.push({ specifier: text.slice(start, end), typeOnly: isTypeOnly(what), line: lineAt(code, match.index) });
  }
  return found;
}

function isTypeOnly(what: string): boolean {
  const names = what.replace(/\bfrom\s*$/, '').trim();
  if (/^type\b(?!\s*,)/.test(names)) return true;
  const braces = /^\{([^}]*)\}$/.exec(names)?.[1];
  if (braces === undefined) return false;
  const items = braces
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length > 0 && items.every((item) => item.startsWith('type '));
}

/** Replaces what is not code by spaces, keeping quotes and line ends where they are. */
function blank(text: string): string {
  const out = text.split('');
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const erase = (from: number, to: number): void => {
    for (let index = from; index < to && index < out.length; index++) if (out[index] !== '\n') out[index] = ' ';
  };
  const endOfTemplate = (from: number): number => {
    let index = from;
    while (index < text.length && text[index] !== '`') {
      if (text[index] === '$' && text[index + 1] === '{') {
        erase(from, index);
        templates.push(depth++);
        return index + 2;
      }
      index += text[index] === '\\' ? 2 : 1;
    }
    erase(from, index);
    return index + 1;
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    const pair = text.slice(at, at + 2);
    if (pair === '//') {
      const close = text.indexOf('\n', at);
      const end = close === -1 ? text.length : close;
      erase(at, end);
      at = end;
    } else if (pair === '/*') {
      const close = text.indexOf('*/', at + 2);
      const end = close === -1 ? text.length : close + 2;
      erase(at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfLineString(text, at + 1, char);
      erase(at + 1, end);
      at = end + 1;
    } else if (char === '`') at = endOfTemplate(at + 1);
    else if (char === '/' && startsRegex(out, at)) {
      const end = endOfRegex(text, at + 1);
      erase(at + 1, end);
      at = end + 1;
    } else if (char === '{') {
      depth++;
      at++;
    } else if (char === '}') {
      depth--;
      at++;
      if (templates.at(-1) === depth) {
        templates.pop();
        at = endOfTemplate(at);
      }
    } else at++;
  }
  return out.join('');
}

/** End of a quoted string; an apostrophe in JSX text ends with its line at the latest. */
function endOfLineString(text: string, from: number, quote: string): number {
  let index = from;
  while (index < text.length && text[index] !== quote && text[index] !== '\n') index += text[index] === '\\' ? 2 : 1;
  return index;
}

function endOfRegex(text: string, from: number): number {
  let inClass = false;
  let index = from;
  for (; index < text.length && text[index] !== '\n'; index++) {
    const char = text[index];
    if (char === '\\') index++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return index;
  }
  return index;
}

function startsRegex(out: readonly string[], at: number): boolean {
  let index = at - 1;
  while (index >= 0 && /\s/.test(out[index] ?? '')) index--;
  if (index < 0) return true;
  if (/[(,=:[!&|?{};+~^%*-]/.test(out[index] ?? '')) return true;
  if (out[index] === '>') return out[index - 1] === '=';
  return /\b(?:return|typeof|case|in|of|yield|await)$/.test(out.slice(Math.max(0, index - 8), index + 1).join(''));
}
