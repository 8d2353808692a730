import { z } from 'zod';
import type { SplitState } from '../../chains/forks/chainSplit.ts';
import type { AncestorSearch, AncestorStep } from '../../chains/forks/commonAncestor.ts';
import type { ForkSplitState } from '../../chains/forks/forkSplit.ts';
import type { HeightChoice } from '../../chains/forks/heightPlan.ts';

/** A search for the last block that the two largest sides of a split share. */
export interface SideSearch {
  /** The height at which they differ: its facts show who is on which side. */
  readonly differ: bigint;
  readonly one: string;
  readonly other: string;
  readonly search: AncestorSearch;
  /** Since when the current step is asked for, ms. */
  readonly askedAt: number;
}

/** What the judges of one network remember between their rounds. Times in ms since the epoch. */
export interface ForkWatchState {
  readonly roundAt: number;
  readonly choices: readonly HeightChoice[];
  readonly fork: ForkSplitState;
  readonly chain: SplitState;
  readonly search: SideSearch | null;
  readonly ancestor: Exclude<AncestorStep, { at: 'ask' }> | null;
}

const firstWatchState: ForkWatchState = {
  roundAt: 0,
  choices: [],
  fork: { at: 'whole' },
  chain: { at: 'whole' },
  search: null,
  ancestor: null,
};

const time = z.number();
const uint = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
const suspected = z.object({ at: z.literal('suspected'), since: time, rounds: z.number() });
const whole = z.object({ at: z.literal('whole') });
const verdict = z.object({
  height: uint,
  voters: z.number(),
  sides: z.array(
    z.object({
      hash: z.string(),
      voters: z.number(),
      nodes: z.array(z.string()),
      sources: z.array(z.enum(['eth', 'rpc'])),
      counts: z.boolean(),
    }),
  ),
  forgers: z.array(z.string()),
  verdict: z.enum(['split', 'whole', 'none']),
});

const stateSchema = z.object({
  roundAt: time,
  choices: z.array(z.object({ since: time, heights: z.array(uint) })),
  fork: z.discriminatedUnion('at', [
    whole,
    suspected,
    z.object({ at: z.literal('open'), since: time, wholeSince: time.nullable() }),
  ]),
  chain: z.discriminatedUnion('at', [
    whole,
    suspected,
    z.object({ at: z.literal('open'), since: time, wholeSince: time.nullable(), last: verdict }),
  ]),
  search: z
    .object({
      differ: uint,
      one: z.string(),
      other: z.string(),
      search: z.object({ agree: uint, differ: uint, silent: z.array(uint) }),
      askedAt: time,
    })
    .nullable(),
  ancestor: z
    .discriminatedUnion('at', [
      z.object({ at: z.literal('found'), ancestor: uint }),
      z.object({ at: z.literal('narrowed'), agree: uint, differ: uint }),
    ])
    .nullable(),
});

/** Reads what another version may have written; unreadable parts start again. */
export function readWatchState(json: unknown): ForkWatchState {
  const parsed = stateSchema.safeParse(json);
  return parsed.success ? parsed.data : firstWatchState;
}

/** As JSON text, with 64-bit numbers as decimal text. The nodes of an open split's evidence are kept in its event. */
export function writeWatchState(state: ForkWatchState): string {
  const { chain } = state;
  const slim: SplitState =
    chain.at !== 'open'
      ? chain
      : {
          ...chain,
          last: { ...chain.last, forgers: [], sides: chain.last.sides.map((side) => ({ ...side, nodes: [] })) },
        };
  return JSON.stringify({ ...state, chain: slim }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
