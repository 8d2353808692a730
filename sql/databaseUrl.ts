/** A database URL, taken apart. */
export interface DatabaseUrl {
  /** Empty = whatever the driver takes by default. */
  readonly user: string;
  readonly password: string;
  /** In the order in which they are tried; of a Unix socket one, whose host is the folder. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly database: string;
  /** What follows the question mark, without host and port. */
  readonly parameters: ReadonlyMap<string, string>;
}

const shape = /^postgres(?:ql)?:\/\/(?:([^/?#@]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/i;

/**
 * Reads `postgres://user:password@host:port,host:port/database?parameters`, and libpq's form for a Unix socket,
 * `postgres://user@/database?host=/folder`. null = it is no such URL.
 */
export function parseDatabaseUrl(url: string): DatabaseUrl | null {
  const [whole, account = '', authority = '', database = '', query = ''] = shape.exec(url) ?? [];
  if (whole === undefined) return null;
  const parameters = new Map(new URLSearchParams(query));
  const defaultPort = Number(parameters.get('port') ?? '5432');
  const named = parameters.get('host') ?? authority;
  parameters.delete('host');
  parameters.delete('port');
  const [user = '', ...password] = account.split(':');
  try {
    return {
      user: decodeURIComponent(user),
      password: decodeURIComponent(password.join(':')),
      hosts: decodeURIComponent(named)
        .split(',')
        .map((text) => readHost(text, defaultPort)),
      database: decodeURIComponent(database),
      parameters,
    };
  } catch {
    return null;
  }
}

/** A URL for each server that it names, without saying which of them is wanted. */
export function perServer(url: string): readonly string[] {
  const parsed = parseDatabaseUrl(url);
  if (parsed === null || parsed.hosts.length < 2) return [url];
  const { user, password, database } = parsed;
  const word = password === '' ? '' : `:${encodeURIComponent(password)}`;
  const account = user === '' && word === '' ? '' : `${encodeURIComponent(user)}${word}@`;
  const parameters = [...parsed.parameters].filter(([name]) => name !== 'target_session_attrs');
  return parsed.hosts.map(({ host, port }) => {
    const isSocket = host.startsWith('/');
    const authority = isSocket ? '' : `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const own = isSocket ? [...parameters, ['host', host], ['port', String(port)]] : parameters;
    const query = new URLSearchParams(own.map(([name = '', value = '']): [string, string] => [name, value])).toString();
    return `postgres://${account}${authority}/${encodeURIComponent(database)}${query === '' ? '' : `?${query}`}`;
  });
}

function readHost(text: string, defaultPort: number): { host: string; port: number } {
  if (text.startsWith('/')) return { host: text, port: defaultPort };
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  return {
    host: host.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: port === undefined ? defaultPort : Number(port),
  };
}
