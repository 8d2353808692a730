import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './configLayers.ts';
import { reasonOf } from './errors.ts';
import { plainText } from './plainText.ts';

const defaultName = 'forkscope.json';
const maxBytes = 1_048_576;

/** Reads the configuration file; null if none was requested and there is no ./forkscope.json. */
export function readConfigFile(asked: string | null, cwd: string): { name: string; json: unknown } | null {
  const name = asked ?? defaultName;
  let text: string;
  try {
    text = readFileSync(resolve(cwd, name), 'utf8');
  } catch (cause) {
    if (asked === null && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw fileError(name, `cannot be read: ${reasonOf(cause)}`);
  }
  if (text.length > maxBytes) throw fileError(name, `is larger than ${maxBytes} bytes`);
  const plain = plainText(text);
  if ('problem' in plain) throw fileError(name, plain.problem);
  try {
    return { name, json: JSON.parse(plain.text) };
  } catch (cause) {
    // The message of a JSON error quotes the text around the mistake, which may be a secret.
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(cause instanceof Error ? cause.message : '')?.[0];
    throw fileError(
      name,
      `is not JSON${place === undefined ? '' : ` at ${place}`}; check its commas, quotes and braces`,
    );
  }
}

function fileError(name: string, fix: string): ConfigError {
  return new ConfigError([{ layer: 'file', name, given: null, fix }]);
}
