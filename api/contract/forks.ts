import { z } from 'zod';
import {
  figuresSchema,
  forkClasses,
  freshnessSchema,
  hexSchema,
  instantSchema,
  networkSlugSchema,
  resolutionSchema,
  uint64Schema,
} from './common.ts';
import { countsQuery } from './counts.ts';
import { forkSchema } from './networks.ts';

const forkAheadSchema = forkSchema.omit({ activated: true, firstBlock: true, firstBlockAt: true });

const readinessCountSchema = z.object({
  ready: z.int().min(0),
  current: z.int().min(0),
  conflicting: z.int().min(0),
  /** ready / (ready + current + conflicting); null if there are none. */
  share: z.number().min(0).max(1).nullable(),
});

/** GET /api/v1/networks/{network}/readiness. Unique IDs of nodes alive in the last 24 h, by client and version. */
export const readinessQuery = countsQuery.pick({ from: true, to: true, resolution: true });
export const readinessResponse = readinessCountSchema.extend({
  network: networkSlugSchema,
  /** The first fork that is not active yet; null if none is scheduled. */
  fork: forkAheadSchema.nullable(),
  /** Until the fork; negative once it is due but no census has seen it. null for a fork by block. */
  secondsToGo: z.int().nullable(),
  /** Until a fork by block, counted from the network's head estimate. */
  blocksToGo: uint64Schema.nullable(),
  /** The forks after it, which nobody can announce yet. */
  notObservable: z.array(forkAheadSchema),
  /**
   * Forks in no network file, announced or passed by many subnets (/24, v6 /48) or, on private networks, by many node IDs.
   */
  learned: z.array(
    z.object({
      hash: hexSchema,
      base: hexSchema,
      kind: z.enum(['block', 'time']),
      at: uint64Schema,
      /** 0 where only an endpoint is known to have it. */
      subnets: z.int().min(0),
      /** Of so many that announce any fork ID; 0 if that was not counted yet. */
      ofSubnets: z.int().min(0),
      /** `cluster/endpoint` of the operator that is configured with it (eth_config); null if none is known to be. */
      endpoint: z.string().nullable(),
    }),
  ),
  /** All classes with both figures, including those that the share leaves out. */
  classes: z.array(z.object({ forkClass: z.enum(forkClasses) }).extend(figuresSchema.shape)),
  clients: z.array(
    readinessCountSchema.extend({
      /** null = client unknown. */
      client: z.string().nullable(),
      /** The lowest version with which nodes announce the fork, and how many do. */
      lowestReady: z.object({ version: z.string(), nodes: z.int().min(1) }).nullable(),
      /** Newest first, at most 50; unknown last. */
      versions: z.array(readinessCountSchema.extend({ version: z.string().nullable() })),
    }),
  ),
  history: z.object({
    resolution: resolutionSchema,
    from: instantSchema,
    to: instantSchema,
    points: z.array(readinessCountSchema.extend({ at: instantSchema })),
  }),
  freshness: freshnessSchema,
});
export type ReadinessResponse = z.infer<typeof readinessResponse>;

/** GET /api/v1/networks/{network}/readiness/series. The share over time by client, or by version of one client. */
export const readinessSeriesQuery = countsQuery.pick({ from: true, to: true, resolution: true }).extend({
  /** Give the versions of this client instead of all clients. */
  client: z.string().min(1).max(60).optional(),
  /** At most this many series: those with the most nodes over the range. */
  top: z.coerce.number().int().min(1).max(20).default(8),
});
export const readinessSeriesResponse = z.object({
  network: networkSlugSchema,
  client: z.string().nullable(),
  resolution: resolutionSchema,
  from: instantSchema,
  to: instantSchema,
  series: z.array(
    z.object({
      /** Client, or version if a client was named; null = unknown. */
      name: z.string().nullable(),
      points: z.array(readinessCountSchema.extend({ at: instantSchema })),
    }),
  ),
  freshness: freshnessSchema,
});
export type ReadinessSeriesResponse = z.infer<typeof readinessSeriesResponse>;

const sideClientSchema = z.object({
  client: z.string().nullable(),
  version: z.string().nullable(),
  nodes: z.int().min(0),
});

const eventTimes = { openedAt: instantSchema, closedAt: instantSchema.nullable() };

const forkSplitSchema = z.object({
  kind: z.literal('forkSplit'),
  ...eventTimes,
  sides: z.array(
    z.object({
      hash: hexSchema,
      /** `followed`: has every fork. `missed`: stopped before one. `unlisted`: passed one that is in no network file. */
      kind: z.enum(['followed', 'missed', 'unlisted']),
      fork: z.object({ name: z.string().nullable(), kind: z.enum(['block', 'time']), at: uint64Schema }).nullable(),
      nodes: z.int().min(0),
      /** Nodes that are still syncing and that only this side accepts. */
      syncing: z.int().min(0),
      clients: z.array(sideClientSchema),
    }),
  ),
});

const chainSplitSchema = z.object({
  kind: z.literal('chainSplit'),
  ...eventTimes,
  /** The lowest of the requested heights at which the sides differ. */
  height: uint64Schema,
  /** The voters with a block at that height, each counted once. */
  voters: z.int().min(0),
  /** What a voter is: a subnet (/24, v6 /48) or, on private networks, a node ID. */
  voterKind: z.enum(['subnet', 'id']),
  /** Nodes that sent contradictory headers; they count for no side. */
  forgers: z.int().min(0),
  sides: z.array(
    z.object({
      hash: hexSchema,
      /** True if it is large enough to count as a side of the split. */
      counts: z.boolean(),
      voters: z.int().min(0),
      nodes: z.int().min(0),
      /** At most 100. */
      nodeIds: z.array(z.string()),
      /** Where it is known from: `eth` = answers to visits, `rpc` = JSON-RPC endpoints of the operator. */
      sources: z.array(z.enum(['eth', 'rpc'])),
      /** Those endpoints, as `cluster/endpoint`, at most 100. */
      endpoints: z.array(z.string()),
      clients: z.array(sideClientSchema),
    }),
  ),
  /** The last common block is between `from` and `to`; null while the search for it goes on. */
  ancestor: z.object({ from: uint64Schema, to: uint64Schema }).nullable(),
});

/**
 * GET /api/v1/networks/{network}/splits — open ones first, then the newest, at most 50. The sides are as they are now;
 * for a closed split, as they were when it was widest.
 */
export const splitsResponse = z.object({
  network: networkSlugSchema,
  splits: z.array(z.discriminatedUnion('kind', [forkSplitSchema, chainSplitSchema])),
  freshness: freshnessSchema,
});
export type SplitsResponse = z.infer<typeof splitsResponse>;
export type SplitEvent = SplitsResponse['splits'][number];

/** GET /api/v1/networks/{network}/heads — the network's head over time. */
export const headsQuery = countsQuery.pick({ from: true, to: true });
export const headsResponse = z.object({
  network: networkSlugSchema,
  from: instantSchema,
  to: instantSchema,
  /** At most 1,000, thinned evenly. */
  points: z.array(
    z.object({
      at: instantSchema,
      number: uint64Schema,
      nodes: z.int().min(1),
      /** Age of the head block at the visit, over the nodes that follow the network; null if no header showed it. */
      ageMedianSeconds: z.int().min(0).nullable(),
      /** The same for the oldest tenth: nine in ten heads were younger. */
      ageLateSeconds: z.int().min(0).nullable(),
    }),
  ),
  freshness: freshnessSchema,
});
export type HeadsResponse = z.infer<typeof headsResponse>;
