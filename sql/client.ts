import postgres from 'postgres';

/** A pool of connections with our codecs: bytea ↔ Uint8Array, int8 and numeric ↔ bigint, timestamptz ↔ Date, inet ↔ text. */
export type Sql = postgres.Sql<{ bigint: bigint }>;
/** The same inside a transaction. */
export type Transaction = postgres.TransactionSql<{ bigint: bigint }>;
/** Anything that runs statements. */
export type SqlRunner = Sql | Transaction;

export interface ConnectOptions {
  /** Most connections of the pool. */
  readonly max?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** A statement that takes longer is cancelled by the server. 0 = never. */
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** An unused connection is closed after this time. 0 = never. */
  readonly idleTimeoutMs?: number;
}

/**
 * Opens a pool; connects with the first statement. Besides the usual `postgres://user:password@host:port/db` it takes
 * libpq's form for a Unix socket, `postgres://user@/db?host=/folder`, which psql takes too.
 */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  const { cleanUrl, socket } = splitSocket(url);
  return postgres(cleanUrl, {
    ...(socket === null ? {} : { path: socket, host: 'localhost' }),
    max: options.max ?? 10,
    connect_timeout: (options.connectTimeoutMs ?? 10_000) / 1_000,
    idle_timeout: (options.idleTimeoutMs ?? 0) / 1_000,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName ?? 'forkscope',
      TimeZone: 'UTC',
      ...(options.statementTimeoutMs === undefined ? {} : { statement_timeout: options.statementTimeoutMs }),
    },
    types: codecs as unknown as { bigint: postgres.PostgresType<bigint> },
  });
}

/** The URL with its password replaced by `***`: what may be logged. */
export function hidePassword(url: string): string {
  return url
    .replace(/^([a-z]+:\/\/[^/?#]*?):[^/?#]*@/i, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^&#]*/gi, '$1***');
}

/** Object ids of element types: what `sql.array` must be told, because it guesses wrong for bytes, dates and nulls. */
export const pgOid = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  float8: 701,
  inet: 869,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
} as const;

type Elements = {
  bool: boolean;
  bytea: Uint8Array;
  int8: bigint;
  int2: number;
  int4: number;
  text: string;
  float8: number;
  inet: string;
  timestamptz: Date;
  numeric: bigint;
  uuid: string;
};

/** One column of a batch, for `unnest`: `unnest(${column(sql, 'bytea', ids)}::bytea[])`. */
export function column<T extends keyof Elements>(sql: SqlRunner, type: T, values: readonly (Elements[T] | null)[]) {
  return sql.array(values as unknown as string[], pgOid[type]);
}

/** A text[] in its text form, for columns of a batch that are arrays themselves: unnest flattens nested arrays. */
export function textArrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

/** Text that Postgres can hold: it has no U+0000, and half a surrogate pair is no character. */
export function storableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}

const codecs = {
  bytea: {
    to: pgOid.bytea,
    from: [pgOid.bytea],
    serialize: (bytes: Uint8Array) =>
      `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
    parse: (text: string) => Uint8Array.from(Buffer.from(text.slice(2), 'hex')),
  },
  bigint: {
    to: pgOid.int8,
    from: [pgOid.int8],
    serialize: (value: bigint | number) => value.toString(),
    parse: (text: string) => BigInt(text),
  },
  numeric: {
    to: pgOid.numeric,
    from: [pgOid.numeric],
    serialize: (value: bigint | number | string) => value.toString(),
    // Throws for fractions: a query that makes one says `::float8`.
    parse: (text: string) => BigInt(text),
  },
  day: {
    to: 1082,
    from: [1082],
    serialize: (value: Date | string) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
    parse: (text: string) => text,
  },
};

function splitSocket(url: string): { cleanUrl: string; socket: string | null } {
  if (!/[?&]host=/.test(url)) return { cleanUrl: url, socket: null };
  // Neither URL nor postgres.js can read an authority without a host.
  const parsed = new URL(url.replace(/^([a-z]+:\/\/(?:[^/?#@]*@)?)(?=[/?#]|$)/i, '$1localhost'));
  const host = parsed.searchParams.get('host') ?? 'localhost';
  const port = parsed.searchParams.get('port') ?? (parsed.port === '' ? '5432' : parsed.port);
  parsed.searchParams.delete('host');
  parsed.searchParams.delete('port');
  if (host.startsWith('/')) return { cleanUrl: parsed.href, socket: `${host}/.s.PGSQL.${port}` };
  parsed.hostname = host;
  parsed.port = port;
  return { cleanUrl: parsed.href, socket: null };
}
