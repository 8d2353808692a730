import { z } from 'zod';
import {
  countWindowSchema,
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
  /** Default: the finest that stays under 1,000 points. */
  resolution: resolutionSchema.optional(),
  /** At most this many series, the largest first; the rest are summed as key `other`. */
  top: z.coerce.number().int().min(1).max(50).default(12),
});
export type CountsQuery = z.infer<typeof countsQuery>;

export const seriesSchema = z.object({
  /** What the cut is by: client name, fork ID as `hash/next`, network slug, fork class; `all` for total. */
  key: z.string(),
  /** For people: `geth`, `07c9462e (BPO2)`. */
  label: z.string(),
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
  rows: z.array(z.object({ key: z.string(), label: z.string() }).extend(figuresSchema.shape)),
  /** Nodes of the population that have no value for this cut (client unknown, no fork ID). */
  unknown: figuresSchema,
  freshness: freshnessSchema,
});
export type DistributionResponse = z.infer<typeof distributionResponse>;
