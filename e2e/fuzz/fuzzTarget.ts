import { ForkscopeError } from '../../lib/errors.ts';
import type { Mutator } from './mutators.ts';

/** One decoder of what others write. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs. */
  readonly samples: readonly Uint8Array[];
  readonly mutate: Mutator;
  /** Reads an input, or throws a ForkscopeError. */
  decode(input: Uint8Array): unknown;
}

export interface FuzzFinding {
  readonly target: string;
  /** `threw`: something that is no typed error. `slow`: longer than the limit each time that it was tried. */
  readonly kind: 'threw' | 'slow';
  readonly reason: string;
  /** Of the input. */
  readonly base64: string;
}

export interface FuzzTally {
  inputs: number;
  refused: number;
  /** Of the slowest input, at its best of three, ms. */
  slowestMs: number;
  /** Ways in which inputs were refused, or read. */
  readonly ways: Set<string>;
}

/** Longest that one input may take, ms. */
const limitMs = 5;
/** A first time compiles, or collects garbage: an input is slow if it is so each time. */
const tries = 5;
/** Ways that are told apart per target. BOUNDED: by this. */
const maxWays = 500;

export function newTally(): FuzzTally {
  return { inputs: 0, refused: 0, slowestMs: 0, ways: new Set() };
}

/** Decodes one input and notes how that went; what must not be is returned. `isNew`: nothing was refused or read that way before. */
export async function tryInput(
  target: FuzzTarget,
  input: Uint8Array,
  tally: FuzzTally,
): Promise<{ readonly finding: FuzzFinding | null; readonly isNew: boolean }> {
  tally.inputs += 1;
  const ways = tally.ways.size;
  const finding = (kind: FuzzFinding['kind'], reason: string): FuzzFinding => ({
    target: target.name,
    kind,
    reason,
    base64: Buffer.from(input).toString('base64'),
  });
  const first = await decodeOnce(target, input);
  if (first.ms > tally.slowestMs) {
    let best = first.ms;
    for (let again = 1; again < tries && best > tally.slowestMs; again++)
      best = Math.min(best, (await decodeOnce(target, input)).ms);
    tally.slowestMs = Math.max(tally.slowestMs, best);
    if (best > limitMs) return { finding: finding('slow', `${best.toFixed(1)} ms`), isNew: true };
  }
  if (first.error === null) {
    if (tally.ways.size < maxWays) tally.ways.add('read');
    return { finding: null, isNew: tally.ways.size > ways };
  }
  tally.refused += 1;
  if (!(first.error instanceof ForkscopeError))
    return { finding: finding('threw', describe(first.error)), isNew: true };
  if (tally.ways.size < maxWays) tally.ways.add(wayOf(first.error));
  return { finding: null, isNew: tally.ways.size > ways };
}

async function decodeOnce(target: FuzzTarget, input: Uint8Array): Promise<{ ms: number; error: unknown }> {
  const startedAt = performance.now();
  const usedAt = process.cpuUsage();
  let error: unknown = null;
  try {
    const value = target.decode(input);
    if (value instanceof Promise) await value;
  } catch (thrown) {
    error = thrown ?? new Error('threw nothing');
  }
  const passedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(usedAt);
  // Neither is less than what the input took: one counts what else the machine did, the other what else we did.
  return { ms: Math.min(passedMs, (user + system) / 1_000), error };
}

/** Refusals that differ only in numbers, names of entries in DNS and quoted text are one way. */
function wayOf(error: ForkscopeError<{ code: string }>): string {
  return `${error.code} ${error.message.replace(/0x[0-9a-f]+|\b[A-Z2-7]{26}\b|\d+|"[^"]*"/gi, '#').slice(0, 80)}`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  return `${error.name}: ${error.message}\n${(error.stack ?? '').split('\n').slice(1, 5).join('\n')}`;
}
