import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { SettingsError } from './errors.ts';
import { plainText } from './plainText.ts';

/** A secret is never written into the configuration; it is named by its environment variable or its file. */
export type SecretRef = { readonly env: string } | { readonly file: string };

export class SecretError extends SettingsError<
  | { code: 'secretUnset'; env: string }
  | { code: 'secretUnreadable'; file: string }
  | { code: 'secretUnusable'; name: string }
> {}

/** A string that shows itself only to `reveal`. Printing, logging or serialising it gives `***`. */
export class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [inspect.custom](): string {
    return '***';
  }
}

/** Reads the secret that a reference names, without a final line break. Throws `SecretError`, which holds no secret. */
export function resolveSecret(ref: SecretRef, env: Readonly<Record<string, string | undefined>>): Secret {
  const name = 'env' in ref ? ref.env : ref.file;
  const text = 'env' in ref ? env[ref.env] : readSecretFile(ref.file);
  if (text === undefined || text === '') throw new SecretError({ code: 'secretUnset', env: name });
  // It becomes a header value, where a line break would start another header.
  if (!/^[\x20-\x7e]+$/.test(text)) throw new SecretError({ code: 'secretUnusable', name });
  return new Secret(text);
}

function readSecretFile(file: string): string {
  try {
    const plain = plainText(readFileSync(file, 'utf8').replace(/\r?\n$/, ''));
    if ('problem' in plain) throw new SecretError({ code: 'secretUnusable', name: file });
    return plain.text;
  } catch (cause) {
    if (cause instanceof SecretError) throw cause;
    throw new SecretError({ code: 'secretUnreadable', file }, undefined, { cause });
  }
}
