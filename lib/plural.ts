/**
 * The plural categories of cardinal numbers in each language that we write, as CLDR has them; a test compares
 * them with `Intl.PluralRules`.
 */
export const pluralCategories = { en: ['one', 'other'], 'zh-CN': ['other'] } as const;
export type PluralLanguage = keyof typeof pluralCategories;

/** One text per category: English has `one` and `other`, Chinese only `other`. */
export type PluralForms<L extends PluralLanguage> = Readonly<Record<(typeof pluralCategories)[L][number], string>>;

const rules: Readonly<Record<PluralLanguage, Intl.PluralRules>> = {
  en: new Intl.PluralRules('en'),
  'zh-CN': new Intl.PluralRules('zh-CN'),
};

const englishNumbers = new Intl.NumberFormat('en');

type AnyForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/**
 * The form for `count`. A count beyond 2^53 is rounded, which changes no category of these languages. That no form
 * is missing is checked where forms are defined, as `PluralForms`.
 */
export function choosePlural(language: PluralLanguage, count: number | bigint, forms: AnyForms): string {
  return forms[rules[language].select(Number(count))] ?? forms.other;
}

/** An English count with its noun, for logs and terminals: `1 node`, `1,000 nodes`. */
export function countOf(count: number | bigint, noun: PluralForms<'en'>): string {
  return `${englishNumbers.format(count)} ${choosePlural('en', count, noun)}`;
}
