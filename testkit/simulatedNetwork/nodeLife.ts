import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { seededRandom } from '../seededRandom.ts';

/** When a node comes or goes, ms since the start of the run. */
export interface LifeTurn {
  readonly at: number;
  readonly up: boolean;
}

/** What is worked out of a life: no run is longer. */
const longestMs = 8 * 86_400_000;

/**
 * The turns of a node's life that nobody else brings about, oldest first: by churn, or since its machine takes another
 * key. Empty for one that is there all the time. `place`: its number within the group. The first turn is at 0.
 */
export function lifeOf(
  { churn, rotation, count }: Pick<ScenarioNodeGroup, 'churn' | 'rotation' | 'count'>,
  place: number,
  seed: number,
): LifeTurn[] {
  if (rotation !== undefined) {
    const turns: LifeTurn[] = [
      { at: place * rotation, up: true },
      { at: (place + 1) * rotation, up: false },
    ];
    if (place === count - 1) turns.pop();
    return place === 0 ? turns : [{ at: 0, up: false }, ...turns];
  }
  if (churn === undefined) return [];
  const chance = seededRandom(seed);
  let up = chance.next() < churn.up / (churn.up + churn.down);
  const turns: LifeTurn[] = [];
  for (let at = 0; at < longestMs; up = !up) {
    turns.push({ at, up });
    // Without memory: what is left of the time at the start is distributed as a whole one.
    at += Math.max(1, Math.round(-Math.log(1 - chance.next()) * (up ? churn.up : churn.down)));
  }
  return turns;
}
