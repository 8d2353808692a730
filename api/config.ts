/** Configuration of the serve process. Only this file and crawler/config.ts read the environment. */
import { homedir } from 'node:os';
import { commonFields, defaultDataDir, isHost } from '../lib/commonConfig.ts';
import { integerField, switchField, textField } from '../lib/configFields.ts';
import { type ConfigDefinition, type ConfigLayers, type ConfigOf, defineConfig } from '../lib/configLayers.ts';
import { readConfig } from '../lib/readConfig.ts';

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

export type ApiConfig = Omit<ConfigOf<typeof apiDefinition>, 'dataDir'> & { readonly dataDir: string };

/** @throws ConfigError that lists every mistake */
export function readApiConfig(
  flags: NonNullable<ConfigLayers['flags']> = {},
  others: readonly ConfigDefinition[] = [],
): ApiConfig {
  const { env } = process;
  const { config } = readConfig(apiDefinition, { env, cwd: process.cwd(), flags, others });
  const isRoot = process.getuid?.() === 0;
  const dataDir = config.dataDir ?? defaultDataDir({ isRoot, home: homedir(), xdgDataHome: env.XDG_DATA_HOME });
  return Object.freeze({ ...config, dataDir });
}
