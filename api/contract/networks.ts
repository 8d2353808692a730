import { z } from 'zod';
import {
  coverageSchema,
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
  /** Whether the schedule gives a block or a time. */
  kind: z.enum(['block', 'time']),
  /** Block number, or seconds since the epoch. */
  at: uint64Schema,
  /** Fork hash after this fork (EIP-2124). */
  hash: hexSchema,
  /** null where only the height of the chain could show it and that is unknown. */
  activated: z.boolean().nullable(),
  /** Its first block: as scheduled or, for a fork by time, as headers from nodes show it; null while unknown. */
  firstBlock: uint64Schema.nullable(),
  /** Timestamp of that block, if a header showed it. */
  firstBlockAt: instantSchema.nullable(),
});

export const networkSchema = z.object({
  slug: networkSlugSchema,
  name: z.string(),
  networkId: uint64Schema,
  genesisHash: hexSchema,
  /** Whether a crawler looks for its nodes. The others are known: nodes on them are told apart where they turn up. */
  watched: z.boolean(),
  /** Fork hash before the first fork. */
  genesisForkHash: hexSchema,
  forks: z.array(forkSchema),
  /** The day from which on nobody is expected to run it, `YYYY-MM-DD`; null while it lives. */
  ended: z.iso.date().nullable(),
  /** A twentieth of the network or more announces a fork, or has passed one, that its file lacks: the file is older than the network. */
  fileIsOlder: z.boolean(),
});
export type Network = z.infer<typeof networkSchema>;

/** GET /api/v1/networks */
export const listNetworksResponse = z.object({
  /** All that are known, by slug, watched or not. */
  networks: z.array(networkSchema),
  /** Slugs of those that crawlers watch, in the order of their configuration. */
  watched: z.array(networkSlugSchema),
  freshness: freshnessSchema,
});
export type ListNetworksResponse = z.infer<typeof listNetworksResponse>;

/** GET /api/v1/networks/{network}/summary — `all` counts as a network here. */
export const networkSummaryResponse = z.object({
  network: networkSlugSchema,
  populations: z.array(
    z.object({
      population: populationSchema,
      now: figuresSchema,
      day: figuresSchema,
      /** What each of the two stands on; null = there is no census, or an earlier version took it. */
      coverage: z.object({ now: coverageSchema.nullable(), day: coverageSchema.nullable() }),
      /**
       * Of what it is a part: alive of seen; reachable of all that were alive or reachable; identified of all that were
       * reachable or dialled us. null for the others, and where there is no coverage.
       */
      whole: z.object({ now: figuresSchema.nullable(), day: figuresSchema.nullable() }),
    }),
  ),
  /** Reachable nodes with an unknown client (24 h): nodes that are full refuse before Hello. */
  clientUnknown: figuresSchema,
  /** IDs that bounds kept from being looked at within 24 h, at IPs where nodes of this network are: at most so much is missing for that reason. */
  capped: figuresSchema,
  freshness: freshnessSchema,
});
export type NetworkSummaryResponse = z.infer<typeof networkSummaryResponse>;

const bootnodeProblemCodeSchema = z.enum([
  'notNodeUrl',
  'keyInvalid',
  'recordInvalid',
  'addressMissing',
  'addressUnspecified',
  'addressRefused',
  'hostInvalid',
  'portMissing',
  'portInvalid',
  'nameUnknown',
  'nameUnanswered',
  'ownNode',
  'dnsList',
  'listUnanswered',
  'listMissing',
  'listForged',
  'listOlder',
  'listBroken',
]);

/** A bootnode that a crawler cannot use. */
export const bootnodeProblemSchema = z.object({
  /** As it was written. */
  bootnode: z.string(),
  /** Slug of the network whose file names it; null = the settings do. */
  network: z.string().nullable(),
  code: bootnodeProblemCodeSchema,
  /** The addresses or the name that it is about; empty where there are none. */
  about: z.string(),
  /** What is wrong, and what to do about it. */
  message: z.string(),
});

const adviceCodes = [
  'noCrawler',
  'noBootnode',
  'bootnodesUnusable',
  'noBootnodeAnswered',
  'noBootnodeOverUdp',
  'censusLate',
  'visitsHeld',
  'visitsAtStake',
] as const;

/** GET /api/v1/status — whether the crawl is alive and, if not, what to try. */
export const statusResponse = z.object({
  version: z.string(),
  crawlers: z.array(
    z.object({
      vantage: z.string(),
      startedAt: instantSchema,
      lastBeatAt: instantSchema,
      /** Of the bootnodes tried since the start, those that answered, by a PONG or a handshake. */
      bootnodesAnswered: z.int().min(0),
      bootnodesTried: z.int().min(0),
      /** Bootnodes in its network files and settings; null = its version does not tell. */
      bootnodesGiven: z.int().min(0).nullable(),
      /** Those of them with an address that may be contacted; null = its version does not tell. */
      bootnodesUsable: z.int().min(0).nullable(),
      /** Those that cannot be used, each with its reason; at most 50. */
      bootnodeProblems: z.array(bootnodeProblemSchema),
      frontierNodes: z.int().min(0),
      visits: z.int().min(0),
      /** Visits that are not in the database yet, at the last heartbeat; null = none waits longer than usual. */
      held: z
        .object({
          since: instantSchema,
          /** null = its version does not tell, as below. */
          inMemory: z.int().min(0).nullable(),
          onDisk: z.int().min(0).nullable(),
          /** The disk takes no more: those in memory are lost if the crawler ends before the database is back. */
          diskRefuses: z.boolean().nullable(),
        })
        .nullable(),
    }),
  ),
  lastCensusAt: instantSchema.nullable(),
  /** What is wrong, in plain words, and what to try. */
  advice: z.array(z.object({ code: z.enum(adviceCodes), message: z.string() })),
  freshness: freshnessSchema,
});
export type StatusResponse = z.infer<typeof statusResponse>;
