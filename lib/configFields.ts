/** The kinds of configuration fields. Each is a zod schema together with what people need to know about it. */
import { z } from 'zod';
import { formatDuration, parseDuration } from './duration.ts';

/** Where a value may come from, lowest precedence first. */
export const layers = ['file', 'environment', 'flag'] as const;
export type Layer = (typeof layers)[number];

export interface ConfigField<T> {
  /** One line. */
  readonly summary: string;
  readonly default: T;
  /** How documents write the default; null = there is none and the field is empty. */
  readonly defaultText: string | null;
  /** Checks a value as it comes from JSON. */
  readonly schema: z.ZodType<T>;
  /** Turns the text of an environment variable or a flag into what JSON would hold. */
  fromText(text: string): unknown;
  /** What to give instead; completes "give …". */
  readonly expects: string;
  readonly unit: string | null;
  /** Never printed, and not accepted as a flag, because other users of the machine can read the command line. */
  readonly secret: boolean;
  /** Name of the environment variable; null = FORKSCOPE_ and the field's name. */
  readonly env: string | null;
  /** Name of the flag without its dashes; null = the field's name. */
  readonly flag: string | null;
  readonly layers: readonly Layer[];
  /** Names that the field had in the previous version. They still work, with a warning. */
  readonly formerly: readonly string[];
  /** A switch takes no value on the command line: `--listen`, `--no-listen`. */
  readonly isSwitch: boolean;
  /** A list may be given in parts on the command line: `--source a --source b` is `--source a,b`. */
  readonly isList: boolean;
}

interface Common<D> {
  readonly summary: string;
  readonly default: D;
  /** For a default such as null that stands for something found out later. */
  readonly defaultText?: string;
  readonly secret?: boolean;
  readonly env?: string;
  readonly flag?: string;
  readonly layers?: readonly Layer[];
  readonly formerly?: readonly string[];
}

interface Checked<V> {
  /** Says whether the value can be used. */
  readonly check?: (value: V) => boolean;
  readonly expects?: string;
}

export function textField<D extends string | null>(
  options: Common<D> & Checked<string> & { readonly maxLength?: number },
): ConfigField<string | D> {
  const { check = () => true, maxLength = 4_096 } = options;
  const expects = options.expects ?? `text of at most ${maxLength} characters`;
  const schema = z.string({ error: expects }).min(1, expects).max(maxLength, expects).refine(check, expects);
  return make<string | D>(options, { schema: orDefault(schema, options.default), expects });
}

export function integerField<D extends number | null>(
  options: Common<D> & { readonly min: number; readonly max: number; readonly unit?: string },
): ConfigField<number | D> {
  const { min, max, unit = null } = options;
  const expects = `a whole number from ${min} to ${max}`;
  const schema = z.int({ error: expects }).min(min, expects).max(max, expects);
  const fromText = (text: string): unknown => (/^-?\d+$/.test(text.trim()) ? Number(text) : text);
  return make<number | D>(options, { schema: orDefault(schema, options.default), expects, unit, fromText });
}

/** A duration: `30s`, `24h`, `1h30m`. In the code it is a number of ms, so the field's name ends in `Ms`. */
export function durationField(
  options: Common<number> & { readonly min: number; readonly max: number },
): ConfigField<number> {
  const { min, max } = options;
  const expects = `a duration from ${formatDuration(min)} to ${formatDuration(max)} with its unit (ms, s, m, h, d), such as 30s or 24h`;
  const schema = z
    .string({ error: expects })
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .pipe(z.number({ error: expects }).min(min, expects).max(max, expects));
  return make(options, { schema, expects, defaultText: formatDuration(options.default) });
}

export function switchField(options: Common<boolean>): ConfigField<boolean> {
  const expects = 'true or false';
  const fromText = (text: string): unknown =>
    ({ true: true, '1': true, false: false, '0': false })[text.trim().toLowerCase()] ?? text;
  return make(options, { schema: z.boolean({ error: expects }), expects, fromText, isSwitch: true });
}

export function choiceField<const V extends readonly [string, ...string[]]>(
  options: Common<V[number]> & { readonly values: V },
): ConfigField<V[number]> {
  const expects = `one of ${options.values.join(', ')}`;
  return make<V[number]>(options, { schema: z.enum([...options.values], { error: expects }), expects });
}

/** A JSON array of texts; in an environment variable or a flag they are separated by commas. */
export function listField<D extends readonly string[] | null>(
  options: Common<D> & Checked<string> & { readonly maxItems?: number },
): ConfigField<readonly string[] | D> {
  const { check = () => true, maxItems = 1_000 } = options;
  const expects = `a list of at most ${maxItems} ${options.expects ?? 'texts'}`;
  const schema = z
    .array(z.string({ error: expects }).min(1, expects).refine(check, expects), { error: expects })
    .max(maxItems, expects)
    .readonly();
  const fromText = (text: string): unknown => (text.trim() === '' ? [] : text.split(',').map((item) => item.trim()));
  const defaultText = options.default === null ? {} : { defaultText: options.default.join(',') };
  return make<readonly string[] | D>(options, {
    schema: orDefault(schema, options.default),
    expects,
    fromText,
    isList: true,
    ...defaultText,
  });
}

/** A value with a structure of its own. In an environment variable or a flag it is written as JSON. */
export function structuredField<T>(
  options: Common<T> & { readonly schema: z.ZodType<T>; readonly expects: string },
): ConfigField<T> {
  return make(options, {
    schema: options.schema,
    expects: options.expects,
    fromText: parseJsonOrKeep,
    defaultText: JSON.stringify(options.default),
  });
}

function make<T>(
  options: Common<T>,
  kind: { schema: z.ZodType<T>; expects: string } & Partial<
    Pick<ConfigField<T>, 'fromText' | 'unit' | 'isSwitch' | 'isList' | 'defaultText'>
  >,
): ConfigField<T> {
  const plainDefault = options.default === null ? null : String(options.default);
  return {
    summary: options.summary,
    default: options.default,
    defaultText: options.defaultText ?? kind.defaultText ?? plainDefault,
    schema: kind.schema,
    fromText: kind.fromText ?? ((text) => text),
    expects: kind.expects,
    unit: kind.unit ?? null,
    secret: options.secret ?? false,
    env: options.env ?? null,
    flag: options.flag ?? null,
    layers: options.layers ?? (options.secret === true ? ['file', 'environment'] : layers),
    formerly: options.formerly ?? [],
    isSwitch: kind.isSwitch ?? false,
    isList: kind.isList ?? false,
  };
}

/** A field whose default is null may also be set to null in the file, to state it explicitly. */
function orDefault<T, D extends T | null>(schema: z.ZodType<T>, fallback: D): z.ZodType<T | D> {
  const wide: z.ZodType<T | null> = fallback === null ? schema.nullable() : schema;
  return wide as z.ZodType<T | D>;
}

function parseJsonOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
