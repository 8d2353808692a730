import { z } from 'zod';
import { toIso } from '../../lib/time.ts';
import type { StatusResponse } from '../contract/networks.ts';
import type { VantageRow } from '../queries/selectVantages.ts';

type Held = StatusResponse['crawlers'][number]['held'];

/** What a crawler's heartbeat says of visits that wait; other facts are none of ours. */
const factsSchema = z.object({
  inMemory: z.int().min(0).nullable().catch(null),
  onDisk: z.int().min(0).nullable().catch(null),
  diskRefuses: z.boolean().nullable().catch(null),
});

/** Visits that a crawler holds because the database did not take them. */
export function toHeld({ unwrittenSince, facts }: Pick<VantageRow, 'unwrittenSince' | 'facts'>): Held {
  if (unwrittenSince === null) return null;
  const told = factsSchema.catch({ inMemory: null, onDisk: null, diskRefuses: null }).parse(facts);
  return { since: toIso(unwrittenSince), ...told };
}
