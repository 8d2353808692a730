/** Schemas that several answers share. Everything that web/ may know about the API is in this folder. */
import { z } from 'zod';

/** What kind of number a count is. Each includes the ones after it, except `inboundOnly`. */
export const populations = ['seen', 'alive', 'reachable', 'identified', 'inboundOnly'] as const;
/** `now` = proven in the last 2 h, `day` = in the last 24 h. */
export const countWindows = ['now', 'day'] as const;
/** The named combinations by which counts are stored. */
const cuts = [
  'total',
  'network',
  'client',
  'client_version',
  'fork_id',
  'fork_class',
  'client_fork',
  'synced',
  'history',
  'vantage',
  'capability',
  'identity',
  'discovery',
  'layer',
] as const;
/**
 * What says that a node is on a network. Members: by its `status`, by its record alone (`hint`), by a Status that names
 * another network id (`otherNetworkId`). Beside them: at genesis (`atGenesis`) or elsewhere (`ambiguous`) where other
 * networks fit as well; an unknown `relative` with the same genesis; a `crawler`. `foreign`: of another genesis.
 */
export const identities = [
  'status',
  'hint',
  'otherNetworkId',
  'atGenesis',
  'ambiguous',
  'relative',
  'crawler',
  'foreign',
] as const;
export const resolutions = ['census', 'hour', 'day'] as const;

export const populationSchema = z.enum(populations);
export const countWindowSchema = z.enum(countWindows);
export const cutSchema = z.enum(cuts);
export const identitySchema = z.enum(identities);
export type Identity = z.infer<typeof identitySchema>;
export const resolutionSchema = z.enum(resolutions);
export type Population = z.infer<typeof populationSchema>;
export type CountWindow = z.infer<typeof countWindowSchema>;
export type Cut = z.infer<typeof cutSchema>;
export type Resolution = z.infer<typeof resolutionSchema>;

/** UTC, ISO 8601 with milliseconds and Z. */
export const instantSchema = z.iso.datetime({ precision: 3 });
/** `all` = every discovered node, on any network. */
export const networkSlugSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
/** 64-byte public key, 128 hex digits without 0x. */
export const nodeIdSchema = z.string().regex(/^[0-9a-f]{128}$/);
/** keccak256 of a node ID: what geth calls a node's `id`, in logs, `admin.peers` and nodes.json. */
export const nodeIdHashSchema = z.string().regex(/^[0-9a-f]{64}$/);
/** `0x` and lower-case hex digits. */
export const hexSchema = z.string().regex(/^0x([0-9a-f]{2})*$/);
/** Unsigned 64-bit integers are sent as decimal text, because JSON numbers are exact only up to 2^53. */
export const uint64Schema = z.string().regex(/^\d{1,20}$/);

/** Every count has two figures: unique node IDs and unique IP addresses. */
export const figuresSchema = z.object({ ids: z.int().min(0), ips: z.int().min(0) });
export type Figures = z.infer<typeof figuresSchema>;

/**
 * Why a count is not to be trusted. `firstHours`: its window begins before the first crawler. `crawlerAway`: none was at
 * work for a part of the window. `lineDown`: nobody answered it, so that its line or the whole chain is down.
 * `databaseAway`: visits wait to be written. `uncovered`: its settings look less often than the window is long. `starved`: it does not keep up.
 */
export const partialReasons = [
  'firstHours',
  'crawlerAway',
  'lineDown',
  'databaseAway',
  'uncovered',
  'starved',
] as const;
export type PartialReason = (typeof partialReasons)[number];

/** What a count stands on. */
export const coverageSchema = z.object({
  /** Nodes that should have been looked at within the window: those that answered before, and new names. */
  due: z.int().min(0),
  /** Of those, how many were: by a PING for `alive`, by a dial for `reachable` and `identified`. */
  looked: z.int().min(0),
  /** Share of the window in which a crawler was at work and heard nodes, from 0 to 1. */
  watched: z.number().min(0).max(1),
  /**
   * Nodes that could belong to the count beyond those in it: due and not looked at, or come since; for `seen`, those that
   * nobody has named yet. So far it may be off. null = an earlier version counted, and did not tell (`seen`).
   */
  unknown: figuresSchema.nullable(),
  /** null = it is complete: of what was due, and of the time, 95 % or more. */
  partial: z.enum(partialReasons).nullable(),
});
export type Coverage = z.infer<typeof coverageSchema>;

/** How fresh an answer is. `asOf` is null while nothing has been measured. */
export const freshnessSchema = z.object({
  asOf: instantSchema.nullable(),
  /** Seconds between `asOf` and the answer; null if `asOf` is. */
  ageSeconds: z.number().min(0).nullable(),
  /** True when older than three census intervals. */
  stale: z.boolean(),
  /** True when the data comes from a simulated network. Every page shows this. */
  simulated: z.boolean(),
});
export type Freshness = z.infer<typeof freshnessSchema>;

export const forkIdSchema = z.object({ hash: hexSchema, next: uint64Schema });

export const forkClasses = [
  'current',
  'ready',
  'conflicting',
  'atGenesis',
  'behind',
  'outdated',
  'ahead',
  'notYetKnown',
  'unknown',
] as const;
export const forkClassSchema = z.enum(forkClasses);
export type ForkClass = z.infer<typeof forkClassSchema>;

/** The shape of every error. 4xx = the caller's mistake, 5xx = ours. */
export const errorSchema = z.object({
  code: z.enum([
    'badRequest',
    'unknownValue',
    'notFound',
    'methodNotAllowed',
    'hostNotServed',
    'tooManyRequests',
    'notReady',
    'unavailable',
    'internal',
  ]),
  message: z.string(),
  /** What is wrong with each parameter. */
  details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ApiErrorBody = z.infer<typeof errorSchema>;
export type ApiErrorCode = ApiErrorBody['code'];
