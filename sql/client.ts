import type { Socket } from 'node:net';
import postgres from 'postgres';
import { arrayLiteral, arrayTypes, toHex } from './arrays.ts';
import { parseDatabaseUrl, perServer } from './databaseUrl.ts';
import { openDriverSocket, type ServerAddress, startupBytes, type TlsMode } from './driverSocket.ts';
import { readWish, ServerChoice, type ServerRole } from './serverChoice.ts';
import { SilentServers } from './silentServers.ts';

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
  /**
   * Never renew a working connection, because it holds a lock. Every few seconds the server checks whether this end is
   * still there, so that the lock of a machine that disappeared is free within half a minute, not after hours.
   */
  readonly lasting?: boolean;
}

/**
 * Opens a pool, which connects with the first statement. In addition to `postgres://user:password@host:port/db` it
 * accepts libpq's form for a Unix socket, `postgres://user@/db?host=/folder`, as psql does, and several hosts with
 * `target_session_attrs`, of which each connection goes to one that fits. Nobody may call `reserve` of it while it has no
 * open connection: since types are not fetched, postgres.js would never answer. Transactions: `inTransaction`.
 * @throws TypeError for a URL that cannot be read
 */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  // postgres.js is shown the first server only, since of several it keeps asking for ever: which it gets is chosen here.
  const { cleanUrl, socket } = splitSocket(perServer(url)[0] ?? url);
  const given = givenTo(options);
  // Made only to be read: postgres.js knows its URLs best.
  const read = postgres(without(cleanUrl, 'target_session_attrs'), {
    ...given,
    ...(socket === null ? {} : { path: socket, host: 'localhost' }),
  }).options;
  const { host, port, path } = read;
  const open = (choose: PoolDeps['choose'], silent: SilentServers | null): Sql =>
    openPool(without(cleanUrl, 'target_session_attrs', 'options'), given, { ...read, choose, silent });
  const parsed = parseDatabaseUrl(url);
  const servers = (parsed?.hosts ?? []).map(addressOf);
  if (servers.length < 2) {
    const only = typeof path === 'string' ? { path } : { host: host[0] ?? 'localhost', port: port[0] ?? 5432 };
    return open(() => only, null);
  }
  const wish = readWish(parsed?.parameters.get('target_session_attrs') ?? null);
  const choice = new ServerChoice(servers, wish, (server) => probe(open(() => server, null)));
  return open(() => choice.choose(), new SilentServers((server) => choice.fits(server)));
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): ServerAddress {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

interface PoolDeps {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: unknown;
  readonly ssl: TlsMode;
  readonly connection: Readonly<Record<string, unknown>>;
  choose(): ServerAddress | Promise<ServerAddress>;
  readonly silent: SilentServers | null;
}

/** The pool itself, whose sockets are ours, see `openDriverSocket`. */
function openPool(url: string, given: ReturnType<typeof givenTo>, deps: PoolDeps): Sql {
  const { host, port, path, ssl, connection, choose, silent } = deps;
  let hasEnded = false;
  /** BOUNDED: by the size of the pool. */
  const sockets = new Set<Socket>();
  // A variable, because the types of postgres.js do not know `socket`.
  const mended = {
    ...given,
    ...{ ssl: false, host: host[0] ?? 'localhost', port: port[0] ?? 5432 },
    ...(typeof path === 'string' ? { path } : {}),
    connection: { ...given.connection, options: String(connection.options ?? '').padEnd(startupBytes) },
    socket: () =>
      openDriverSocket({
        choose,
        isWanted: () => !hasEnded,
        tls: ssl,
        timeoutMs: given.connect_timeout * 1_000,
        onOpen(socket, address) {
          sockets.add(socket.on('close', () => sockets.delete(socket)));
          silent?.watch(socket, address);
        },
      }),
  };
  const sql = postgres(url, mended);
  const { end } = sql;
  return Object.assign(sql, {
    end: async (ending?: { timeout?: number }) => {
      await end(ending);
      hasEnded = true;
      silent?.end();
      // A server that stands still never ends its side and would keep this process; and postgres.js forgets a connection
      // for notices that was being made.
      for (const socket of sockets) socket.unref().destroySoon();
    },
  });
}

/** A server that has not said what it is by then counts as away. */
const probeMs = 3_000;

async function probe(sql: Sql): Promise<ServerRole> {
  const timer = setTimeout(() => void sql.end({ timeout: 0 }), probeMs);
  try {
    const [role] = await sql<ServerRole[]>`
      select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only') = 'on' as "isReadOnly"`;
    return role ?? { isStandby: false, isReadOnly: false };
  } finally {
    clearTimeout(timer);
    await sql.end({ timeout: 0 });
  }
}

function givenTo(options: ConnectOptions) {
  return {
    max: options.max ?? 10,
    connect_timeout: (options.connectTimeoutMs ?? 10_000) / 1_000,
    // The driver's own grows to 20 s, which every statement would then wait for, and the end of the process too.
    backoff: (failures: number) => Math.min(3 ** failures / 100, longestBackoffS),
    idle_timeout: (options.idleTimeoutMs ?? 0) / 1_000,
    ...(options.lasting === true ? { max_lifetime: null } : {}),
    onnotice: () => {},
    fetch_types: false,
    connection: {
      application_name: options.applicationName ?? 'forkscope',
      TimeZone: 'UTC',
      ...(options.lasting === true ? serverKeepalive : {}),
      ...(options.statementTimeoutMs === undefined ? {} : { statement_timeout: options.statementTimeoutMs }),
    },
    types: { ...codecs, ...arrayTypes(codecs) } as unknown as { bigint: postgres.PostgresType<bigint> },
  };
}

/** The URL without these parameters. */
function without(url: string, ...names: readonly string[]): string {
  return url.replace(new RegExp(`(?<=[?&])(?:${names.join('|')})=[^&#]*&?`, 'g'), '');
}

/** A server that is away is asked again after this time at most. */
const longestBackoffS = 0.5;

const serverKeepalive = { tcp_keepalives_idle: 10, tcp_keepalives_interval: 5, tcp_keepalives_count: 3 };

interface Elements {
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
}

/**
 * One column of a batch, for `unnest`: `unnest(${column('bytea', ids)}::bytea[])`. The array is written as text, because
 * postgres.js would take an array of bytes, dates or bigints for one value.
 */
export function column<T extends keyof Elements>(_type: T, values: readonly (Elements[T] | null)[]): string {
  return arrayLiteral(values);
}

/** A text[] in its text form, for columns of a batch that are arrays themselves: unnest flattens nested arrays. */
export function textArrayLiteral(values: readonly string[]): string {
  return arrayLiteral(values);
}

/** Text that Postgres can store: without U+0000 and without lone surrogates. */
export function storableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}

const codecs = {
  bytea: {
    to: 17,
    from: [17],
    serialize: (bytes: Uint8Array) => `\\x${toHex(bytes)}`,
    parse: (text: string) => Uint8Array.from(Buffer.from(text.slice(2), 'hex')),
  },
  bigint: {
    to: 20,
    from: [20],
    serialize: (value: bigint | number) => value.toString(),
    parse: (text: string) => BigInt(text),
  },
  numeric: {
    to: 1700,
    from: [1700],
    serialize: (value: bigint | number | string) => value.toString(),
    // Throws for fractions: a query that returns fractions must cast to `::float8`.
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
  // Neither URL nor postgres.js can parse an authority without a host.
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
