import { type Resolution, resolutions } from '../contract/common.ts';
import { badParameter } from '../http/errors.ts';
import type { CountExtent } from '../queries/selectCountExtent.ts';

/** Most points of a series in one answer. */
export const maxPoints = 1_000;

const stepMs = { hour: 3_600_000, day: 86_400_000 } as const;

/**
 * The finest resolution that stays within maxPoints and is still kept as far back as the range goes, or the requested one
 * if it stays within maxPoints. Throws badRequest if none does.
 */
export function chooseResolution(given: {
  from: Date;
  to: Date;
  extent: CountExtent;
  asked?: Resolution | undefined;
}): Resolution {
  const { asked } = given;
  if (asked !== undefined) {
    if (pointsOf(asked, given) > maxPoints) {
      throw badParameter(
        'resolution',
        `this would be more than ${maxPoints} points; choose a coarser resolution or a shorter range`,
      );
    }
    return asked;
  }
  const fitting = resolutions.filter((resolution) => pointsOf(resolution, given) <= maxPoints);
  const chosen = fitting.find((resolution) => reachesBack(resolution, given)) ?? fitting[0];
  if (chosen === undefined) throw badParameter('from', `this is more than ${maxPoints} days; choose a shorter range`);
  return chosen;
}

function pointsOf(resolution: Resolution, { from, to, extent }: { from: Date; to: Date; extent: CountExtent }): number {
  if (resolution === 'census') return extent.censuses;
  // Nothing before the oldest point can be in the answer.
  const begin = Math.max(from.getTime(), extent[resolution]?.getTime() ?? to.getTime());
  return Math.ceil(Math.max(0, to.getTime() - begin) / stepMs[resolution]);
}

/** False if a coarser resolution has a time in the range that this one has lost or never had. */
function reachesBack(resolution: Resolution, { from, extent }: { from: Date; extent: CountExtent }): boolean {
  const oldest = extent[resolution]?.getTime() ?? Number.POSITIVE_INFINITY;
  if (oldest <= from.getTime()) return true;
  return coarserThan(resolution).every((other) => {
    const known = extent[other];
    // An hour or a day is stored under its start, which may be before the first census in it.
    return known === null || known.getTime() + stepMs[other] >= oldest;
  });
}

function coarserThan(resolution: Resolution): ('hour' | 'day')[] {
  return resolution === 'census' ? ['hour', 'day'] : resolution === 'hour' ? ['day'] : [];
}
