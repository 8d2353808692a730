import { readFileSync } from 'node:fs';
import { SettingsError } from '../lib/errors.ts';
import { plainText } from '../lib/plainText.ts';
import { Secret } from '../lib/secret.ts';
import { mapSecrets, type ReadSecret, toSecret } from '../lib/secretConfig.ts';
import type { Target } from '../notify/target.ts';
import { type NotifyTargetConfig, toTarget } from '../notify/targetConfig.ts';
import type { Endpoint, EtcdAccess } from './ask/rpcClient.ts';
import type { RaftClusterConfig } from './config.ts';
import { type ClusterConfig, clusterDefaults } from './watch/clusterConfig.ts';

class RaftSetupError extends SettingsError<
  | { code: 'raftCaUnreadable'; file: string }
  | { code: 'raftUrlUnusable'; cluster: string; endpoint: string }
  | { code: 'raftSetup'; mistakes: readonly string[] }
> {}

/** All clusters and targets as the watcher needs them. Throws every mistake at once: see toClusterConfig. */
export function toRaftSetup(
  written: {
    readonly raftClusters: readonly RaftClusterConfig[];
    readonly notifyTargets: readonly NotifyTargetConfig[];
  },
  readSecret: ReadSecret,
): { readonly clusters: readonly ClusterConfig[]; readonly targets: readonly Target[] } {
  const mistakes = new Mistakes();
  const clusters = written.raftClusters.flatMap((cluster) => readCluster(cluster, readSecret, mistakes));
  const targets = written.notifyTargets.flatMap((target) => mistakes.attempt(() => toTarget(target, readSecret)));
  mistakes.throwAny();
  return { clusters, targets };
}

/** Turns the configuration into what the watcher needs. Throws RaftSetupError and SecretError; neither holds a secret. */
export function toClusterConfig(written: RaftClusterConfig, readSecret: ReadSecret): ClusterConfig {
  const mistakes = new Mistakes();
  const cluster = readCluster(written, readSecret, mistakes);
  mistakes.throwAny();
  return cluster;
}

/** What the operator wrote that cannot work, so that all of it is told at once. */
class Mistakes {
  // BOUNDED: by what the configuration may hold
  readonly #errors: Error[] = [];

  /** Its value in a list, or an empty one after a mistake. */
  attempt<T>(act: () => T): readonly T[] {
    try {
      return [act()];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      this.#errors.push(error);
      return [];
    }
  }

  throwAny(): void {
    const [first, ...more] = this.#errors;
    if (first === undefined) return;
    if (more.length === 0) throw first;
    const mistakes = this.#errors.map(({ message }) => message);
    throw new RaftSetupError({ code: 'raftSetup', mistakes }, mistakes.join('\n'));
  }
}

function readCluster(written: RaftClusterConfig, readSecret: ReadSecret, mistakes: Mistakes): ClusterConfig {
  const endpoints = written.endpoints.flatMap(({ name, ca, bearerToken, ...endpoint }): Endpoint[] => {
    const [url] = mistakes.attempt(() => {
      const secret = toSecret(endpoint.url, readSecret);
      checkUrl(secret, written.name, name);
      return secret;
    });
    const [headers] = mistakes.attempt(() => mapSecrets(endpoint.headers, readSecret));
    const [token] = mistakes.attempt(() => (bearerToken === null ? null : readSecret(bearerToken)));
    const [pem] = mistakes.attempt(() => (ca === null ? null : readPem(ca)));
    const [etcd] = mistakes.attempt(() =>
      written.kind === 'etcd' ? { etcd: toEtcdAccess(written.name, name, endpoint, readSecret) } : {},
    );
    if (url === undefined || headers === undefined || token === undefined) return [];
    if (pem === undefined || etcd === undefined) return [];
    const { psi, probeUrl } = endpoint;
    return [{ name, url, headers, bearerToken: token, psi, ca: pem, probeUrl, ...etcd }];
  });
  const { intervalMs, timeoutMs, churnWindowMs, churnThreshold, emptyBlockMs } = written;
  return {
    ...clusterDefaults,
    name: written.name,
    kind: written.kind,
    endpoints,
    intervalMs,
    emptyBlockMs,
    rpc: { ...clusterDefaults.rpc, timeoutMs },
    thresholds: { churnWindowMs, churnThreshold, gapMs: Math.max(60_000, 4 * intervalMs) },
  };
}

function toEtcdAccess(
  cluster: string,
  endpoint: string,
  {
    cert,
    key,
    metricsUrl,
    login,
  }: Pick<RaftClusterConfig['endpoints'][number], 'cert' | 'key' | 'metricsUrl' | 'login'>,
  readSecret: ReadSecret,
): EtcdAccess {
  const metrics = metricsUrl === null ? null : toSecret(metricsUrl, readSecret);
  if (metrics !== null) checkUrl(metrics, cluster, endpoint);
  return {
    cert: cert === null ? null : readPem(cert),
    key: key === null ? null : new Secret(readPem(key)),
    metricsUrl: metrics,
    login: login === null ? null : { user: login.user, password: readSecret(login.password) },
  };
}

/** @throws RaftSetupError unless it is one of HTTP or HTTPS */
function checkUrl(url: Secret, cluster: string, endpoint: string): void {
  if (/^https?:$/.test(protocolOf(url))) return;
  throw new RaftSetupError({ code: 'raftUrlUnusable', cluster, endpoint });
}

/** What stands in them and no log may show. */
export function secretsOf(clusters: readonly ClusterConfig[], targets: readonly Target[]): string[] {
  const secrets = [
    ...clusters.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ url, headers, bearerToken, etcd }) =>
        [
          url,
          ...Object.values(headers),
          bearerToken ?? [],
          etcd?.key ?? [],
          etcd?.metricsUrl ?? [],
          etcd?.login?.password ?? [],
        ].flat(),
      ),
    ),
    ...targets.flatMap(({ url, headers }) => [url, ...Object.values(headers)]),
  ];
  return secrets.map((secret) => secret.reveal());
}

function protocolOf(url: Secret): string {
  return URL.canParse(url.reveal()) ? new URL(url.reveal()).protocol : '';
}

function readPem(file: string): string {
  try {
    const plain = plainText(readFileSync(file, 'utf8'));
    if ('text' in plain) return plain.text;
  } catch (cause) {
    throw new RaftSetupError({ code: 'raftCaUnreadable', file }, undefined, { cause });
  }
  throw new RaftSetupError({ code: 'raftCaUnreadable', file });
}
