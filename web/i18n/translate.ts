import { en } from './en.ts';

export type MessageKey = keyof typeof en;
export type Messages = Readonly<Record<MessageKey, string>>;
export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];
export type Params = Readonly<Record<string, string | number>>;

export interface Translate {
  (key: MessageKey, params?: Params): string;
  /** For keys made of what the API sent: null when there is no such message. */
  find(key: string): string | null;
  readonly language: Language;
}

/** `{name}` in a message is filled from `params`; a name without a value stays as it is, so that it is noticed. */
export function createTranslate(messages: Messages, language: Language): Translate {
  const translate = (key: MessageKey, params: Params = {}): string => fill(messages[key], params);
  return Object.assign(translate, {
    find: (key: string): string | null => (isMessageKey(key, messages) ? messages[key] : null),
    language,
  });
}

export function fill(message: string, params: Params): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : String(value);
  });
}

function isMessageKey(key: string, messages: Messages): key is MessageKey {
  return Object.hasOwn(messages, key);
}

/** The language asked for before, else the first of the browser's that we speak. */
export function pickLanguage(stored: string | null, preferred: readonly string[]): Language {
  const known = languages.find((language) => language === stored);
  if (known !== undefined) return known;
  for (const tag of preferred) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** English comes with the page; others are loaded when wanted. */
export async function loadMessages(language: Language): Promise<Messages> {
  if (language === 'en') return en;
  const { zhCn } = await import('./zhCn.ts');
  return zhCn;
}
