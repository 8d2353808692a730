import { z } from 'zod';
import { figuresSchema, freshnessSchema, instantSchema, networkSlugSchema, partialReasons } from './common.ts';

/** `day` = 24 hours, `week` = 7 days, `month` = 30 days. */
export const churnWindows = ['day', 'week', 'month'] as const;
const churnWindowSchema = z.enum(churnWindows);
export type ChurnWindow = z.infer<typeof churnWindowSchema>;

/**
 * Who came and went in a window, and for how long nodes stay. A session is a time in which a node was there: it answered
 * when it was looked at, until two looks in a row found it silent.
 */
const churnFigures = {
  /** Node IDs that were there at any time in the window. */
  nodes: z.int().min(0),
  /** Those of which a session began in it: for the first time, or after an absence. */
  joined: figuresSchema,
  /** Those of which a session ended in it, whether they came back or not. */
  left: figuresSchema,
  /** Of `nodes`, those at IPs that make up keys: they are in the figures above, and in none below. */
  rotating: z.int().min(0),
  /** Sessions that began in the window. */
  sessions: z.int().min(0),
  /**
   * Median length of those sessions, seconds, by Kaplan and Meier: what still goes on counts for as long as it has lasted.
   * null = more than half go on, or there are none.
   */
  medianSession: z.number().min(0).nullable(),
  /** Where there is no median because more than half go on: it is longer than this, seconds. */
  medianSessionAtLeast: z.number().min(0).nullable(),
  /** Share of the time since each node was there first, at most the window, in which it was; null = no node. */
  uptime: z.number().min(0).max(1).nullable(),
};

/** GET /api/v1/networks/{network}/churn */
export const churnResponse = z.object({
  network: networkSlugSchema,
  /** End of the windows; null = nothing has been worked out yet. */
  at: instantSchema.nullable(),
  /** One for each window; none before the first were worked out. */
  windows: z.array(
    z.object({
      window: churnWindowSchema,
      /** Share of the window in which a crawler was at work and heard nodes, from 0 to 1. */
      watched: z.number().min(0).max(1),
      /** Why the figures are not to be trusted, as that of a count; null = they are complete. */
      partial: z.enum(partialReasons).nullable(),
      total: z.object(churnFigures),
      /** The most nodes first; those of which nobody read a client have an empty key, and are the last. */
      clients: z.array(z.object({ key: z.string(), label: z.string(), ...churnFigures })),
    }),
  ),
  freshness: freshnessSchema,
});
export type ChurnResponse = z.infer<typeof churnResponse>;
export type ChurnFigures = ChurnResponse['windows'][number]['total'];

/** When one node was there; null = it never answered when it was looked at. */
export const presenceSchema = z.object({
  /** Since when it has been there; null = it is not. */
  upSinceAt: instantSchema.nullable(),
  /** False where it was there when the first crawler began to look: it has been there for longer. */
  beginningSeen: z.boolean(),
  windows: z.array(
    z.object({
      window: churnWindowSchema,
      /** Of the time in which somebody looked since it was there first; null = nobody looked. */
      uptime: z.number().min(0).max(1).nullable(),
      sessions: z.int().min(0),
    }),
  ),
});
export type Presence = z.infer<typeof presenceSchema>;
