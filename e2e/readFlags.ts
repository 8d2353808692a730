import { parseArgs } from 'node:util';

/** Flags that take a number from 0 on, with their defaults (null = none), and flags that take a text. */
export interface FlagKinds<N extends string, T extends string> {
  readonly numbers: Readonly<Record<N, number | null>>;
  readonly texts: readonly T[];
  readonly switches?: readonly string[];
}

export type Flags<N extends string, T extends string> = Record<N, number | null> &
  Record<T, string | undefined> & { readonly on: ReadonlySet<string> };

/** The flags of a command for developers. `--help` prints the usage and ends with 0, a wrong call ends with 2. */
export function readFlags<N extends string, T extends string>(usage: string, kinds: FlagKinds<N, T>): Flags<N, T> {
  const { numbers, texts, switches = [] } = kinds;
  const textual = [...Object.keys(numbers), ...texts].map((name) => [name, { type: 'string' }] as const);
  const bare = ['help', ...switches].map((name) => [name, { type: 'boolean' }] as const);
  try {
    const { values } = parseArgs({
      options: Object.fromEntries<{ type: 'string' | 'boolean' }>([...textual, ...bare]),
    });
    if (values.help === true) {
      console.log(usage);
      process.exit(0);
    }
    const told = Object.entries<number | null>(numbers).map(([name, given]) => {
      const text = values[name];
      const number = text === undefined ? given : Number(text);
      if (number !== null && !(number >= 0)) throw new RangeError(`--${name} takes a number, not ${String(text)}`);
      return [name, number];
    });
    const on = new Set(switches.filter((name) => values[name] === true));
    return { ...Object.fromEntries(texts.map((name) => [name, values[name]])), ...Object.fromEntries(told), on };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}
