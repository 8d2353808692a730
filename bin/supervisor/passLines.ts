import type { Readable } from 'node:stream';

/** Longest incomplete line that is held back. */
const maxLineLength = 65_536;

/**
 * Passes on a child's output line by line, prefixed with its name; JSON lines are unchanged, because they have the name
 * in a field.
 */
export function passLines(
  from: Readable,
  name: string,
  write: (text: string) => void,
  onLine: (line: string) => void = () => {},
): void {
  let held = '';
  const pass = (line: string): void => {
    write(line.startsWith('{') ? `${line}\n` : `[${name}] ${line}\n`);
    onLine(line);
  };
  from.setEncoding('utf8');
  from.on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) pass(line);
    if (held.length > maxLineLength) {
      pass(held);
      held = '';
    }
  });
  from.on('end', () => {
    if (held !== '') pass(held);
    held = '';
  });
}
