/** Configuration of the serve process. Only the config.ts of the three processes read the environment. */
import { commonFields, isHost } from '../lib/commonConfig.ts';
import { integerField, listField, switchField, textField } from '../lib/configFields.ts';
import {
  type ConfigDefinition,
  type ConfigLayers,
  type ConfigOf,
  defineConfig,
  type OldName,
} from '../lib/configLayers.ts';
import { homeDataDir, readConfig } from '../lib/readConfig.ts';

export const apiDefinition = defineConfig({
  ...commonFields,
  httpHost: textField({
    summary: 'Address on which the API and the dashboard listen.',
    default: '127.0.0.1',
    expects: 'an IP address or a host name',
    check: isHost,
  }),
  httpPort: integerField({
    summary: 'Port of the API and the dashboard; 0 takes a free one.',
    default: 3_000,
    min: 0,
    max: 65_535,
  }),
  allowedHosts: listField({
    summary:
      'Host names under which the API and the dashboard are reached besides localhost, such as that of a proxy in front, or the address at which Prometheus scrapes /metrics; bound to loopback they answer to no others, bound elsewhere to all while this is empty. Bound elsewhere, /healthz and /readyz answer to any address as well.',
    default: [],
    expects: 'host names without a port',
    check: isHost,
  }),
  rateLimit: integerField({
    summary: 'Requests per minute that one client address may make; 0 = no limit.',
    default: 600,
    min: 0,
    max: 1_000_000,
    unit: 'requests/min',
  }),
  trustProxy: integerField({
    summary: 'Number of reverse proxies in front whose X-Forwarded-For is trusted.',
    default: 0,
    min: 0,
    max: 10,
  }),
  maskIps: switchField({ summary: 'Show only the network part of node addresses; for public sites.', default: false }),
});

export type ApiConfig = Omit<ConfigOf<typeof apiDefinition>, 'dataDir'> & {
  readonly dataDir: string;
  readonly oldNames: readonly OldName[];
};

/** @throws ConfigError that lists every mistake */
export function readApiConfig(
  flags: NonNullable<ConfigLayers['flags']> = {},
  others: readonly ConfigDefinition[] = [],
): ApiConfig {
  const { env } = process;
  const { config, oldNames } = readConfig(apiDefinition, { env, cwd: process.cwd(), flags, others });
  return Object.freeze({ ...config, dataDir: config.dataDir ?? homeDataDir(env), oldNames });
}
