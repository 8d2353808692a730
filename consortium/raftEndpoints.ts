import { readFileSync } from 'node:fs';
import { SettingsError } from '../lib/errors.ts';
import { plainText } from '../lib/plainText.ts';
import type { Secret } from '../lib/secret.ts';
import { mapSecrets, type ReadSecret, toSecret } from '../lib/secretConfig.ts';
import type { Target } from '../notify/target.ts';
import type { Endpoint } from './ask/rpcClient.ts';
import type { RaftClusterConfig } from './config.ts';
import { type ClusterConfig, clusterDefaults } from './watch/watchCluster.ts';

class RaftSetupError extends SettingsError<
  { code: 'raftCaUnreadable'; file: string } | { code: 'raftUrlUnusable'; cluster: string; endpoint: string }
> {}

/** Turns the configuration into what the watcher needs. Throws RaftSetupError and SecretError; neither holds a secret. */
export function toClusterConfig(written: RaftClusterConfig, readSecret: ReadSecret): ClusterConfig {
  const endpoints = written.endpoints.map(({ name, ca, bearerToken, ...endpoint }): Endpoint => {
    const url = toSecret(endpoint.url, readSecret);
    if (!/^https?:$/.test(protocolOf(url))) {
      throw new RaftSetupError({ code: 'raftUrlUnusable', cluster: written.name, endpoint: name });
    }
    return {
      name,
      url,
      headers: mapSecrets(endpoint.headers, readSecret),
      bearerToken: bearerToken === null ? null : readSecret(bearerToken),
      psi: endpoint.psi,
      ca: ca === null ? null : readCa(ca),
      probeUrl: endpoint.probeUrl,
    };
  });
  const { intervalMs, timeoutMs, churnWindowMs, churnThreshold, emptyBlockMs } = written;
  return {
    ...clusterDefaults,
    name: written.name,
    endpoints,
    intervalMs,
    emptyBlockMs,
    rpc: { ...clusterDefaults.rpc, timeoutMs },
    thresholds: { churnWindowMs, churnThreshold, gapMs: Math.max(60_000, 4 * intervalMs) },
  };
}

/** What stands in them and no log may show. */
export function secretsOf(clusters: readonly ClusterConfig[], targets: readonly Target[]): string[] {
  const secrets = [
    ...clusters.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ url, headers, bearerToken }) => [url, ...Object.values(headers), bearerToken ?? []].flat()),
    ),
    ...targets.flatMap(({ url, headers }) => [url, ...Object.values(headers)]),
  ];
  return secrets.map((secret) => secret.reveal());
}

function protocolOf(url: Secret): string {
  return URL.canParse(url.reveal()) ? new URL(url.reveal()).protocol : '';
}

function readCa(file: string): string {
  try {
    const plain = plainText(readFileSync(file, 'utf8'));
    if ('text' in plain) return plain.text;
  } catch (cause) {
    throw new RaftSetupError({ code: 'raftCaUnreadable', file }, undefined, { cause });
  }
  throw new RaftSetupError({ code: 'raftCaUnreadable', file });
}
