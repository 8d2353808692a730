/** How values of a type are written as text and read: postgres.js's PostgresType. */
interface Codec {
  readonly to: number;
  readonly from: readonly number[];
  readonly serialize: (value: never) => string;
  readonly parse: (text: string) => unknown;
}

/**
 * Codecs of one-dimensional arrays, by the numbers that PostgreSQL's own types have everywhere (pg_type.dat). postgres.js
 * can ask each connection for them instead, but when such a connection is lost while it asks, nobody hears the error,
 * and the process ends by it (https://github.com/porsager/postgres/issues/1192).
 */
export function arrayTypes(types: Readonly<Record<string, Codec>>): Record<string, Codec> {
  const elements = new Map<number, (text: string) => unknown>(builtIn);
  for (const { from, parse } of Object.values(types)) for (const type of from) elements.set(type, parse);
  return Object.fromEntries(
    arrayNumbers.map(([type, array]) => {
      const parse = elements.get(type) ?? ((text: string) => text);
      return [
        `array${type}`,
        { to: array, from: [array], serialize, parse: (text: string) => parseArray(text, parse) },
      ];
    }),
  );
}

/** Number of a type, number of arrays of it. */
const arrayNumbers: readonly (readonly [number, number])[] = [
  [16, 1000], // bool
  [17, 1001], // bytea
  [19, 1003], // name
  [20, 1016], // int8
  [21, 1005], // int2
  [23, 1007], // int4
  [25, 1009], // text
  [26, 1028], // oid
  [114, 199], // json
  [650, 651], // cidr
  [700, 1021], // float4
  [701, 1022], // float8
  [869, 1041], // inet
  [1043, 1015], // varchar
  [1082, 1182], // date
  [1184, 1185], // timestamptz
  [1700, 1231], // numeric
  [2950, 2951], // uuid
  [3802, 3807], // jsonb
];

/** What postgres.js makes of single values, but for those that have a codec of ours. */
const builtIn: readonly (readonly [number, (text: string) => unknown])[] = [
  [16, (text) => text === 't'],
  ...[21, 23, 26, 700, 701].map((type) => [type, Number] as const),
  ...[114, 3802].map((type) => [type, (text: string): unknown => JSON.parse(text)] as const),
  [1184, (text) => new Date(text)],
];

/** Text is an array already. */
function serialize(values: string | readonly unknown[]): string {
  return typeof values === 'string' ? values : arrayLiteral(values);
}

/** An array in its text form. */
export function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map((value) => (value === null ? 'null' : quote(textOf(value)))).join(',')}}`;
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return `\\x${toHex(value)}`;
  return value instanceof Date ? value.toISOString() : String(value);
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** PostgreSQL's manual, 8.15.6: elements are quoted where they hold anything special; NULL without quotes is null. */
function parseArray(text: string, parse: (element: string) => unknown): unknown[] {
  if (!/^\{[^{]/.test(text))
    throw new RangeError(`an array with bounds of its own or nested ones: ${text.slice(0, 80)}`);
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|[^{},]+/gs)].map(([whole, quoted]) => {
    if (quoted !== undefined) return parse(quoted.replace(/\\(.)/gs, '$1'));
    return whole === 'NULL' ? null : parse(whole);
  });
}
