import { z } from 'zod';
import {
  mapSecrets,
  nameSchema,
  type ReadSecret,
  secretHeadersSchema,
  secretUrlSchema,
  toSecret,
} from '../lib/secretConfig.ts';
import { type Target, targetKinds } from './target.ts';

/** What the operator writes of one place that is told. */
export const notifyTargetSchema = z.strictObject({
  name: nameSchema,
  kind: z.enum(targetKinds),
  url: secretUrlSchema,
  headers: secretHeadersSchema,
});
export type NotifyTargetConfig = z.infer<typeof notifyTargetSchema>;

/** Throws SecretError, which holds no secret. */
export function toTarget(written: NotifyTargetConfig, readSecret: ReadSecret): Target {
  return {
    name: written.name,
    kind: written.kind,
    url: toSecret(written.url, readSecret),
    headers: mapSecrets(written.headers, readSecret),
  };
}
