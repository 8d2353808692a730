/** How operators write names and secrets in structured settings. */
import { z } from 'zod';
import { Secret, type SecretRef } from './secret.ts';

/** What the operator calls a cluster, an endpoint or a target: a label of metrics and a part of URLs. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected at most 40 lower-case letters, digits and dashes');

/** A secret is never written here; it is named by its environment variable or its file. */
export const secretRefSchema = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w*$/) }),
  z.strictObject({ file: z.string().min(1) }),
]);

/** A URL with credentials is given as a secret. */
export const secretUrlSchema = z.union([
  z
    .url({ protocol: /^https?$/ })
    .refine((text) => !/\/\/[^/]*@/.test(text), 'the URL holds credentials: give it as {"env": …} or {"file": …}'),
  secretRefSchema,
]);

export const secretHeadersSchema = z.record(z.string().regex(/^[\w-]{1,100}$/), secretRefSchema).default({});

export type ReadSecret = (ref: SecretRef) => Secret;

/** Throws SecretError, which holds no secret. */
export function toSecret(url: string | SecretRef, readSecret: ReadSecret): Secret {
  return typeof url === 'string' ? new Secret(url) : readSecret(url);
}

/** Throws SecretError, which holds no secret. */
export function mapSecrets(
  refs: Readonly<Record<string, SecretRef>>,
  readSecret: ReadSecret,
): Readonly<Record<string, Secret>> {
  return Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, readSecret(ref)]));
}
