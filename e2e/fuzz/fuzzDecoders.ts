import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { SeededRandom } from '../../testkit/seededRandom.ts';
import { type FuzzFinding, type FuzzTally, type FuzzTarget, newTally, tryInput } from './fuzzTarget.ts';
import { mutateBytes } from './mutators.ts';
import { textTargets } from './textTargets.ts';
import { treeTargets } from './treeTargets.ts';
import { wireTargets } from './wireTargets.ts';

/** Inputs per target, base64: what was once wrong, and what was refused in a way of its own. */
export type Corpus = Readonly<Record<string, readonly string[]>>;

export interface DecoderRun {
  readonly tallies: ReadonlyMap<string, FuzzTally>;
  readonly findings: readonly FuzzFinding[];
  /** Short inputs that were refused or read in a way of their own. */
  readonly fresh: ReadonlyMap<string, readonly string[]>;
}

export interface DecoderLimits {
  /** By the clock that is passed in. */
  readonly until: number;
  /** Most inputs of each target. */
  readonly perTarget: number;
}

/** In the package, not beside the built file. */
const corpusFile = join(packageRoot, 'e2e', 'fuzz', 'corpus.json');
/** Inputs in a row of one target before the next has its turn. */
const turn = 200;
/** What is kept stays small. */
const maxKeptBytes = 400;
const maxKept = 12;

export function readCorpus(): Corpus {
  return JSON.parse(readFileSync(corpusFile, 'utf8'));
}

export const allTargets = (curve: Curve): FuzzTarget[] => [
  ...wireTargets(curve),
  ...treeTargets(curve),
  ...textTargets(curve),
];

/** What the corpus holds must be read or refused as anything else; so must the samples, and none of these is refused for ever. */
export async function replayCorpus(targets: readonly FuzzTarget[], corpus: Corpus): Promise<FuzzFinding[]> {
  const findings: FuzzFinding[] = [];
  for (const target of targets) {
    const tally = newTally();
    const kept = (corpus[target.name] ?? []).map((text) => new Uint8Array(Buffer.from(text, 'base64')));
    for (const input of [...target.samples, ...kept]) {
      const { finding } = await tryInput(target, input, tally);
      if (finding !== null) findings.push(finding);
    }
  }
  return findings;
}

/** What was kept because it was refused may be past the reach of a mutator that opens it first. */
function mutant(target: FuzzTarget, sample: Uint8Array, random: SeededRandom): Uint8Array {
  try {
    return target.mutate(sample, random);
  } catch {
    return mutateBytes(sample, random);
  }
}

/** Mutants of all targets in turn, until the time is over. */
export async function fuzzDecoders(
  targets: readonly FuzzTarget[],
  corpus: Corpus,
  random: SeededRandom,
  limits: DecoderLimits,
  now: () => number,
): Promise<DecoderRun> {
  const tallies = new Map(targets.map(({ name }) => [name, newTally()]));
  const fresh = new Map<string, string[]>();
  const findings: FuzzFinding[] = [];
  let left = [...targets];
  while (left.length > 0 && now() < limits.until) {
    for (const target of left) {
      const tally = tallies.get(target.name) ?? newTally();
      const kept = fresh.get(target.name) ?? [];
      fresh.set(target.name, kept);
      const others = [...(corpus[target.name] ?? []), ...kept].map(
        (text) => new Uint8Array(Buffer.from(text, 'base64')),
      );
      const samples = [...target.samples, ...others];
      for (let n = 0; n < Math.min(turn, limits.perTarget) && now() < limits.until; n++) {
        const input = mutant(target, random.pick(samples), random);
        const { finding, isNew } = await tryInput(target, input, tally);
        if (finding !== null && findings.length < 200) findings.push(finding);
        if (isNew && kept.length < maxKept && input.length <= maxKeptBytes)
          kept.push(Buffer.from(input).toString('base64'));
      }
    }
    left = left.filter(({ name }) => (tallies.get(name)?.inputs ?? 0) < limits.perTarget);
  }
  return { tallies, findings, fresh };
}
