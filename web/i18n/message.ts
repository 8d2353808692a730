import type { PluralForms, PluralLanguage } from '../../lib/plural.ts';

/** The languages of the pages. */
export const languages = ['en', 'zh-CN'] as const satisfies readonly PluralLanguage[];
export type Language = (typeof languages)[number];

/** A message whose words follow a count: one form for each plural category. `by` names the gap that the count fills. */
type CountedMessage<L extends Language> = { readonly by: string } & PluralForms<L>;

/** A text with gaps such as `{name}`. */
export type Message<L extends Language> = string | CountedMessage<L>;
export type MessageSet<L extends Language> = Readonly<Record<string, Message<L>>>;

/** The messages of `M` in another language: the same keys, and its own plural forms wherever English has forms. */
export type Translated<M extends MessageSet<'en'>, L extends Language> = {
  readonly [K in keyof M]: M[K] extends { readonly by: infer By } ? { readonly by: By } & PluralForms<L> : string;
};
