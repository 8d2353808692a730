import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, SettingsError } from '../../lib/errors.ts';
import { systemSockets } from '../../p2p/net/systemSockets.ts';

/** What is configured cannot work on this machine as it is. */
class MachineError extends SettingsError<
  | { code: 'dataDirUnusable'; path: string; reason: string }
  | { code: 'portUnusable'; host: string; port: number; reason: string }
> {}

/**
 * A data directory that can be used, or made. Makes nothing.
 * @throws MachineError
 */
export function checkDataDir(path: string): void {
  const fail = (where: string, reason: string): never => {
    throw new MachineError(
      { code: 'dataDirUnusable', path, reason },
      `the data directory ${path} cannot be used: ${where} ${reason}; give a folder that this user may write to with --data-dir`,
    );
  };
  for (let place = path; ; place = dirname(place)) {
    try {
      if (!statSync(place).isDirectory()) fail(place, 'is not a folder');
      if (/^\/(proc|sys)(\/|$)/.test(place)) fail(place, 'is no place for files');
      accessSync(place, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (error instanceof MachineError) throw error;
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (code === 'ENOTDIR') continue;
      if (code !== 'ENOENT' || dirname(place) === place) {
        fail(place, code === 'EROFS' ? 'is read-only' : code === 'EACCES' ? 'is closed to this user' : reasonOf(error));
      }
    }
  }
}

/** A port that is about to be used. */
export interface PortUse {
  readonly kind: 'UDP' | 'TCP';
  readonly host: string;
  /** 0 = any free one: only the host is tried. */
  readonly port: number;
  /** The settings that change it. */
  readonly settings: string;
  /** A host that this machine does not have is done without. */
  readonly optional?: boolean;
}

/**
 * Ports that are free now.
 * @throws MachineError for the first that is not
 */
export async function checkPorts(uses: readonly PortUse[]): Promise<void> {
  for (const use of uses) await checkPort(use);
}

async function checkPort({ kind, host, port, settings, optional = false }: PortUse): Promise<void> {
  try {
    const at = { ip: host, port };
    const socket =
      kind === 'UDP'
        ? await systemSockets.bindUdp({ ...at, maxBytes: 1, receive: () => {} })
        : await systemSockets.listenTcp({ ...at, accept: (stream) => stream.reset() });
    await socket.close();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : reasonOf(error);
    if (optional && (reason === 'EAFNOSUPPORT' || reason === 'EADDRNOTAVAIL')) return;
    const what = `${kind} port ${port} of ${host}`;
    const text: Readonly<Record<string, string>> = {
      EADDRINUSE: `${what} is taken by another program: stop it, or choose another with ${settings}`,
      EACCES: `${what} may not be used by this user: choose one above 1023 with ${settings}`,
      EADDRNOTAVAIL: `${host} is no address of this machine: correct ${settings}`,
      ENOTFOUND: `the host name ${host} cannot be resolved: correct ${settings}`,
    };
    const message = text[reason] ?? `${what} cannot be used (${reason}): change ${settings}`;
    throw new MachineError({ code: 'portUnusable', host, port, reason }, message);
  }
}

/** The ports of a crawler: one for each of its identities, UDP and, where it listens, TCP. */
export function portsOfCrawler(
  config: {
    readonly bind4: string;
    readonly bind6: string;
    readonly port: number;
    readonly listen: boolean;
  },
  networks: number,
): PortUse[] {
  const hosts = [config.bind4, config.bind6].filter((host) => host !== 'none');
  const ports = config.port === 0 ? [0] : Array.from({ length: networks + 1 }, (_, index) => config.port + index);
  return hosts.flatMap((host) =>
    ports.flatMap((port) => {
      const use = {
        host,
        port,
        optional: host.includes(':') && hosts.length > 1,
        settings: '--port, --bind4 or --bind6',
      };
      return [{ ...use, kind: 'UDP' as const }, ...(config.listen ? [{ ...use, kind: 'TCP' as const }] : [])];
    }),
  );
}

/** The port of the API and the pages. */
export function portOfApi({ httpHost, httpPort }: { readonly httpHost: string; readonly httpPort: number }): PortUse {
  return { kind: 'TCP', host: httpHost, port: httpPort, settings: '--http-port (0 = any free one) or --http-host' };
}
