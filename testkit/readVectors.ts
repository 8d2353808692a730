import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';

/**
 * Reads a vector file: `name:` and then lines of text that belong together; `#` starts a comment line. White space
 * inside a value is dropped. A missing name is our mistake and throws.
 */
export function readVectors(path: string): (name: string) => string {
  const values = new Map<string, string>();
  let name = '';
  for (const line of readFileSync(join(packageRoot, path), 'utf8').split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    const heading = /^(\w+):\s*$/.exec(line);
    if (heading?.[1] !== undefined) name = heading[1];
    else values.set(name, (values.get(name) ?? '') + line.replace(/\s/g, ''));
  }
  return (wanted) => {
    const value = values.get(wanted);
    if (value === undefined) throw new RangeError(`no vector ${wanted} in ${path}`);
    return value;
  };
}
