import { z } from 'zod';
import { displayText } from '../../lib/displayText.ts';
import { toIso } from '../../lib/time.ts';
import type { SplitEvent } from '../contract/forks.ts';
import type { SplitRow } from '../queries/selectForkFacts.ts';

/** Longest name of a client or a version, in characters. */
const maxName = 60;
const name = z
  .string()
  .transform((text) => displayText(text, maxName))
  .nullable();
const nodes = z.int().min(0);
const uint = z.string().regex(/^\d{1,20}$/);
const hash = z
  .string()
  .regex(/^([0-9a-f]{2})+$/)
  .transform((hex) => `0x${hex}`);
const clients = z.array(z.object({ client: name, version: name, nodes }));

const forkData = z.object({
  sides: z.array(
    z.object({
      hash,
      kind: z.enum(['followed', 'missed', 'unlisted']),
      fork: z.object({ name: z.string().nullable(), kind: z.enum(['block', 'time']), at: uint }).nullable(),
      nodes,
      syncing: nodes,
      clients,
    }),
  ),
});

const chainData = z.object({
  height: uint,
  voters: nodes,
  voterKind: z.enum(['subnet', 'id']).default('subnet'),
  forgers: z.array(z.string()).transform((list) => list.length),
  sides: z.array(
    z.object({
      hash,
      counts: z.boolean(),
      voters: nodes,
      nodes,
      nodeIds: z.array(z.string()).max(100),
      sources: z.array(z.enum(['eth', 'rpc'])).default([]),
      endpoints: z
        .array(z.string().transform((text) => displayText(text, 2 * maxName)))
        .max(100)
        .default([]),
      clients,
    }),
  ),
  ancestor: z.object({ from: uint, to: uint }).nullable(),
});

/** As it is, or was last, and as it was at its widest where that was more. */
const forkDataOverTime = forkData.extend({ widest: forkData.optional() });
const chainDataOverTime = chainData.extend({ widest: chainData.optional() });

/** An event in the form of the contract. If its details cannot be read it is shown without them, not hidden. */
export function toSplit({ kind, openedAt, closedAt, data }: SplitRow): SplitEvent {
  const times = { openedAt: toIso(openedAt), closedAt: toIso(closedAt) };
  if (kind === 'forkSplit') {
    const parsed = forkDataOverTime.safeParse(data);
    if (!parsed.success) return { kind, ...times, sides: [] };
    const { sides, widest } = parsed.data;
    return { kind, ...times, sides: closedAt === null ? sides : (widest ?? { sides }).sides };
  }
  const parsed = chainDataOverTime.safeParse(data);
  if (!parsed.success) {
    const unread = { height: '0', voters: 0, voterKind: 'subnet' as const, forgers: 0 };
    return { kind: 'chainSplit', ...times, ...unread, sides: [], ancestor: null };
  }
  const { widest, ...last } = parsed.data;
  const { ancestor } = last;
  return { kind: 'chainSplit', ...times, ...(closedAt === null ? last : (widest ?? last)), ancestor };
}
