import { reasonOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type Curve, chooseCurve } from '../p2p/wire/secp256k1.ts';

/** The fastest curve that loads here; that a faster one does not is a warning. */
export function openCurve(log: Logger): Promise<Curve> {
  return chooseCurve(undefined, (backend, error) => {
    log.warn('a faster curve does not load: signatures take several times longer', {
      backend,
      reason: reasonOf(error),
    });
  });
}
