import { z } from 'zod';
import {
  countWindowSchema,
  coverageSchema,
  cutSchema,
  figuresSchema,
  freshnessSchema,
  instantSchema,
  networkSlugSchema,
  populationSchema,
  resolutionSchema,
} from './common.ts';

/** GET /api/v1/networks/{network}/counts — counts over time. */
export const countsQuery = z.object({
  cut: cutSchema.default('total'),
  population: populationSchema.default('alive'),
  window: countWindowSchema.default('day'),
  /** Inclusive; default seven days before `to`. */
  from: instantSchema.optional(),
  /** Exclusive; default now. */
  to: instantSchema.optional(),
  /** Default: the finest with fewer than 1,000 points. */
  resolution: resolutionSchema.optional(),
  /**
   * At most this many series, the largest over the range first. The rest are summed as key `other`; its `ips` is
   * then an upper bound, because one address may be in several of them. Nodes without a value are an additional
   * series with an empty key.
   */
  top: z.coerce.number().int().min(1).max(50).default(12),
});

export const seriesSchema = z.object({
  /**
   * The value of the cut: client name, fork ID as `hash/next`, network slug, fork class; `all` for total. Cuts of
   * several parts join them with `/`. Empty for nodes without a value; `other` for what `top` leaves out.
   */
  key: z.string(),
  /** For people: `geth`, `07c9462e (BPO2)`. */
  label: z.string(),
  /**
   * One for each counted census (or hour, or day), zeros included. Where no census ran there is no point: a gap, not
   * a zero.
   */
  points: z.array(z.object({ at: instantSchema, ids: z.int().min(0), ips: z.int().min(0) })),
});
export type Series = z.infer<typeof seriesSchema>;

export const countsResponse = z.object({
  network: networkSlugSchema,
  cut: cutSchema,
  population: populationSchema,
  window: countWindowSchema,
  resolution: resolutionSchema,
  from: instantSchema,
  to: instantSchema,
  series: z.array(seriesSchema),
  /** What the counts of an instant stand on, in order; none for instants of versions that did not note it. */
  coverage: z.array(coverageSchema.extend({ at: instantSchema })),
  freshness: freshnessSchema,
});
export type CountsResponse = z.infer<typeof countsResponse>;

/** GET /api/v1/networks/{network}/distribution — the same cut at the last census. */
export const distributionQuery = countsQuery.pick({ cut: true, population: true, window: true });
export const distributionResponse = z.object({
  network: networkSlugSchema,
  cut: cutSchema,
  population: populationSchema,
  window: countWindowSchema,
  /** The largest first, at most 500; the rest is summed as key `other`. */
  rows: z.array(z.object({ key: z.string(), label: z.string() }).extend(figuresSchema.shape)),
  /** Nodes of the population that have no value for this cut (client unknown, no fork ID). */
  unknown: figuresSchema,
  /** null = there is no census, or an earlier version took it. */
  coverage: coverageSchema.nullable(),
  freshness: freshnessSchema,
});
export type DistributionResponse = z.infer<typeof distributionResponse>;
