import { z } from 'zod';
import {
  figuresSchema,
  freshnessSchema,
  hexSchema,
  instantSchema,
  networkSlugSchema,
  populationSchema,
  uint64Schema,
} from './common.ts';

export const forkSchema = z.object({
  name: z.string(),
  /** Which of the two the schedule names. */
  kind: z.enum(['block', 'time']),
  /** Block number, or seconds since the epoch. */
  at: uint64Schema,
  /** Fork hash once it is passed (EIP-2124). */
  hash: hexSchema,
  /** null where only a chain's height could tell. */
  activated: z.boolean().nullable(),
  /** Its first block: as scheduled, or of a fork by time as nodes' headers showed it; null while that is unknown. */
  firstBlock: uint64Schema.nullable(),
  /** Timestamp of that block, where a header showed it. */
  firstBlockAt: instantSchema.nullable(),
});

export const networkSchema = z.object({
  slug: networkSlugSchema,
  name: z.string(),
  networkId: uint64Schema,
  genesisHash: hexSchema,
  /** Fork hash before the first fork. */
  genesisForkHash: hexSchema,
  forks: z.array(forkSchema),
});
export type Network = z.infer<typeof networkSchema>;

/** GET /api/v1/networks */
export const listNetworksResponse = z.object({
  /** All that are known, by slug: nodes of each are told apart, whoever looks for them. */
  networks: z.array(networkSchema),
  /** Slugs of those that crawlers watch, in the order of their configuration. */
  watched: z.array(networkSlugSchema),
  freshness: freshnessSchema,
});
export type ListNetworksResponse = z.infer<typeof listNetworksResponse>;

/** GET /api/v1/networks/{network}/summary — `all` is a network here. */
export const networkSummaryResponse = z.object({
  network: networkSlugSchema,
  populations: z.array(z.object({ population: populationSchema, now: figuresSchema, day: figuresSchema })),
  /** Reachable nodes whose client is unknown, over all reachable ones (24 h): full nodes refuse before Hello. */
  clientUnknown: figuresSchema,
  freshness: freshnessSchema,
});
export type NetworkSummaryResponse = z.infer<typeof networkSummaryResponse>;

/** GET /api/v1/status — the crawl itself: is it alive, and if not, what to try. */
export const statusResponse = z.object({
  version: z.string(),
  crawlers: z.array(
    z.object({
      vantage: z.string(),
      startedAt: instantSchema,
      lastBeatAt: instantSchema,
      /** Bootnodes that answered a PING since the start, of those tried. */
      bootnodesAnswered: z.int().min(0),
      bootnodesTried: z.int().min(0),
      frontierNodes: z.int().min(0),
      visits: z.int().min(0),
    }),
  ),
  lastCensusAt: instantSchema.nullable(),
  /** Plain words where something is wrong, with what to try. */
  advice: z.array(z.object({ code: z.enum(['noCrawler', 'noBootnodeAnswered', 'censusLate']), message: z.string() })),
  freshness: freshnessSchema,
});
export type StatusResponse = z.infer<typeof statusResponse>;
