/** Configuration of the raft process. Only the config.ts of the three processes read the environment. */
import { z } from 'zod';
import { commonFields, isHost, splitRoundField } from '../lib/commonConfig.ts';
import { integerField, structuredField, textField } from '../lib/configFields.ts';
import {
  type ConfigDefinition,
  type ConfigLayers,
  type ConfigOf,
  defineConfig,
  type OldName,
} from '../lib/configLayers.ts';
import { homeDataDir, readConfig } from '../lib/readConfig.ts';
import { resolveSecret, type Secret, type SecretRef } from '../lib/secret.ts';
import { nameSchema, secretHeadersSchema, secretRefSchema, secretUrlSchema } from '../lib/secretConfig.ts';
import { notifyTargetSchema } from '../notify/targetConfig.ts';
import { clusterKinds } from './ask/roundSource.ts';

const raftEndpointSchema = z.strictObject({
  name: nameSchema,
  /** JSON-RPC. A URL with credentials is given as a secret. */
  url: secretUrlSchema,
  headers: secretHeadersSchema,
  bearerToken: secretRefSchema.nullable().default(null),
  /** Private state identifier of a multi-tenant node. */
  psi: z.string().min(1).nullable().default(null),
  /** File with PEM certificates to trust instead of the system's. */
  ca: z.string().min(1).nullable().default(null),
  /** etcd: file with the PEM certificate that we show, where members ask clients for one, and that of its key. */
  cert: z.string().min(1).nullable().default(null),
  key: z.string().min(1).nullable().default(null),
  /** etcd: base URL of `--listen-metrics-urls`; null = /metrics is read at `url`. */
  metricsUrl: secretUrlSchema.nullable().default(null),
  /** etcd: a user of its own, where auth is on; it needs no role. */
  login: z
    .strictObject({ user: z.string().min(1).max(255), password: secretRefSchema })
    .nullable()
    .default(null),
  /** Base URL of the node's Raft port; if given, the node's clock is compared with ours. */
  probeUrl: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
});
const etcdOnly = ['cert', 'key', 'metricsUrl', 'login'] as const;
const milliseconds = (min: number, max: number): z.ZodNumber => z.int().min(min).max(max);
export const raftClusterSchema = z
  .strictObject({
    name: nameSchema,
    /** What its members run: `goQuorum`, or any chain by JSON-RPC; `etcd` by the HTTP gateway on the client port. */
    kind: z.enum(clusterKinds).default('goQuorum'),
    endpoints: z
      .array(raftEndpointSchema)
      .min(1)
      .max(100)
      .refine(
        (endpoints) => new Set(endpoints.map(({ name }) => name)).size === endpoints.length,
        'two endpoints have the same name',
      ),
    intervalMs: milliseconds(1_000, 600_000).default(5_000),
    timeoutMs: milliseconds(100, 60_000).default(1_500),
    churnWindowMs: milliseconds(1_000, 86_400_000).default(900_000),
    /**
     * IBFT, QBFT and Clique: the longest time between two empty blocks, or `never` if the chain makes none; null = learned
     * from its headers. A chain that makes none is not halted while nothing waits.
     */
    emptyBlockMs: z
      .union([z.literal('never'), milliseconds(1, 30 * 86_400_000)])
      .nullable()
      .default(null),
    /** Number of changes within the window that count as churn; null = one more than there are voters, at least 4. */
    churnThreshold: z.int().min(2).max(1_000).nullable().default(null),
  })
  .refine(({ timeoutMs, intervalMs }) => timeoutMs < intervalMs, 'timeoutMs must be less than intervalMs')
  .refine(
    ({ kind, endpoints }) =>
      kind === 'etcd' || endpoints.every((each) => etcdOnly.every((name) => each[name] === null)),
    "cert, key, metricsUrl and login are for a cluster of kind 'etcd'",
  )
  .refine(
    ({ kind, endpoints, emptyBlockMs }) =>
      kind !== 'etcd' ||
      (emptyBlockMs === null && endpoints.every(({ psi, probeUrl }) => psi === null && probeUrl === null)),
    "psi, probeUrl and emptyBlockMs mean nothing to a cluster of kind 'etcd'",
  )
  .refine(
    ({ endpoints }) => endpoints.every(({ cert, key }) => (cert === null) === (key === null)),
    'cert and key come together',
  );
export type RaftClusterConfig = z.infer<typeof raftClusterSchema>;

export const raftDefinition = defineConfig({
  ...commonFields,
  splitRoundMs: splitRoundField,
  raftRetentionDays: integerField({
    summary: 'How long leaders, events and former members of Raft clusters are kept.',
    default: 400,
    min: 1,
    max: 3_650,
    unit: 'days',
  }),
  raftMetricsHost: textField({
    summary: 'Address on which raft serves /metrics.',
    default: '127.0.0.1',
    expects: 'an IP address or a host name',
    check: isHost,
  }),
  raftMetricsPort: integerField({
    summary: 'Port on which raft serves /metrics; 0 takes a free one.',
    default: 9_102,
    min: 0,
    max: 65_535,
  }),
  raftClusters: structuredField({
    summary:
      'Clusters to watch, by the URLs of their members: GoQuorum and other private chains by JSON-RPC, etcd (kind etcd) by its client URLs.',
    default: [],
    // A mistaken value may hold a credential, which must not be shown.
    secret: true,
    expects: 'a JSON array such as [{"name": "prod", "endpoints": [{"name": "node1", "url": "http://10.0.0.1:8545"}]}]',
    schema: z
      .array(raftClusterSchema)
      .max(100)
      .refine(
        (clusters) => new Set(clusters.map(({ name }) => name)).size === clusters.length,
        'two clusters have the same name',
      )
      .readonly(),
  }),
  publicUrl: textField({
    summary: 'Where people open the pages; notices link to it.',
    default: null,
    defaultText: 'notices hold no link',
    expects: 'a URL such as https://forkscope.example',
    check: (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  }),
  notifyTargets: structuredField({
    summary: 'Where Raft alerts are sent without Prometheus: webhook, slack or alertmanager.',
    default: [],
    secret: true,
    expects: 'a JSON array such as [{"name": "ops", "kind": "slack", "url": {"env": "SLACK_HOOK"}}]',
    schema: z.array(notifyTargetSchema).max(20).readonly(),
  }),
});

export type RaftConfig = Omit<ConfigOf<typeof raftDefinition>, 'dataDir'> & {
  readonly dataDir: string;
  readonly oldNames: readonly OldName[];
};

/** Reads the secret that a reference in the configuration names. @throws SecretError, which holds no secret */
export function readSecret(ref: SecretRef): Secret {
  return resolveSecret(ref, process.env);
}

/** @throws ConfigError that lists every mistake */
export function readRaftConfig(
  flags: NonNullable<ConfigLayers['flags']> = {},
  others: readonly ConfigDefinition[] = [],
): RaftConfig {
  const { env } = process;
  const { config, oldNames } = readConfig(raftDefinition, { env, cwd: process.cwd(), flags, others });
  return Object.freeze({ ...config, dataDir: config.dataDir ?? homeDataDir(env), oldNames });
}
