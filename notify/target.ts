import type { Secret } from '../lib/secret.ts';

/** `webhook`: our own JSON; `slack`: the text format of Slack and similar services; `alertmanager`: its v2 API. */
export const targetKinds = ['webhook', 'slack', 'alertmanager'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** Where notices go. Only `name` is ever shown: the address of a chat hook is a secret. */
export interface Target {
  readonly name: string;
  readonly kind: TargetKind;
  /** For `alertmanager` its base address; otherwise the hook itself. */
  readonly url: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
}
