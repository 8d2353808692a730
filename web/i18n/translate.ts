import { choosePlural } from '../../lib/plural.ts';
import { en } from './en.ts';
import { type Language, languages, type Message } from './message.ts';
import { createNumbers, type Numbers } from './numbers.ts';

type English = typeof en;
export type MessageKey = keyof English;
/** Messages without plural forms: what can be said without a count. */
export type PlainKey = { [K in MessageKey]: English[K] extends string ? K : never }[MessageKey];
export type Messages = Readonly<Record<MessageKey, Message<'en'> | Message<'zh-CN'>>>;
/** A number is written as the language writes numbers; what is not a count (an ID, a port) is given as text. */
type Params = Readonly<Record<string, string | number | bigint>>;

type CountGap<K extends MessageKey> = English[K] extends { readonly by: infer By extends string } ? By : never;
type ParamsOf<K extends MessageKey> = [CountGap<K>] extends [never]
  ? [params?: Params]
  : [params: Params & Readonly<Record<CountGap<K>, number | bigint>>];

export interface Translate {
  <K extends MessageKey>(key: K, ...params: ParamsOf<K>): string;
  /** For keys made of what the API sent: null when there is no such message. */
  find(key: string): string | null;
  readonly language: Language;
  readonly numbers: Numbers;
}

/** `{name}` in a message is filled from `params`; a name without a value stays as it is, so that it is noticed. */
export function createTranslate(messages: Messages, language: Language): Translate {
  const numbers = createNumbers(language);
  const translate = <K extends MessageKey>(key: K, ...[params = {}]: ParamsOf<K>): string => {
    const message = messages[key];
    if (typeof message === 'string') return fill(message, params, numbers);
    const count = params[message.by];
    return fill(choosePlural(language, typeof count === 'string' ? 0 : (count ?? 0), message), params, numbers);
  };
  const find = (key: string): string | null => {
    const message = isMessageKey(key, messages) ? messages[key] : null;
    return typeof message === 'string' ? message : null;
  };
  return Object.assign(translate, { find, language, numbers });
}

function fill(message: string, params: Params, numbers: Numbers): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'string' ? value : numbers.count(value);
  });
}

function isMessageKey(key: string, messages: Messages): key is MessageKey {
  return Object.hasOwn(messages, key);
}

/** The language chosen before, else the first of the browser's languages that we have. */
export function pickLanguage(stored: string | null, preferred: readonly string[]): Language {
  const known = languages.find((language) => language === stored);
  if (known !== undefined) return known;
  for (const tag of preferred) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** English comes with the page; other languages are loaded when they are chosen. */
export async function loadMessages(language: Language): Promise<Messages> {
  if (language === 'en') return en;
  const { zhCn } = await import('./zhCn.ts');
  return zhCn;
}
