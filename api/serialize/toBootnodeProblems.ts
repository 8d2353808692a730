import { z } from 'zod';
import { bootnodeProblemCodes, describeBootnodeProblem } from '../../lib/bootnodeProblem.ts';
import type { StatusResponse } from '../contract/networks.ts';

type Problems = StatusResponse['crawlers'][number]['bootnodeProblems'];

const rowSchema = z.object({
  bootnode: z.string(),
  network: z.string().nullable(),
  code: z.enum(bootnodeProblemCodes),
  about: z.string(),
});

/** What a crawler wrote of bootnodes that it cannot use; what a newer one words in its own way is left out. */
export function toBootnodeProblems(rows: unknown): Problems {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    const { success, data } = rowSchema.safeParse(row);
    return success ? { ...data, message: describeBootnodeProblem(data) } : [];
  });
}
