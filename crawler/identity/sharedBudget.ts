import { TokenBucket } from '../../lib/tokenBucket.ts';
import type { SendBudget } from '../../p2p/protocol/discv4Context.ts';
import { createSendBudget } from '../../p2p/protocol/discv4Node.ts';
import type { Discv4Limits } from '../../p2p/protocol/discv4Types.ts';

/** Longest time that a packet is sent away for before it asks again, ms. */
const maxTurnMs = 1_000;

/**
 * Per address as the limits say, and at most `perSecond` in total, to protect the machine's line. A packet that has to
 * wait is told to come back when those before it have been sent, so that hundreds do not retry in vain every millisecond.
 */
export function createSharedBudget(limits: Discv4Limits, perSecond: number): SendBudget {
  const each = createSendBudget(limits.outbound, limits.maxSources);
  const all = new TokenBucket({ perSecond, burst: Math.max(1, perSecond / 10) });
  /** About how many are waiting and have not had their turn yet. */
  let waiting = 0;
  return {
    delay: (to, now) => {
      const wait = all.waitMs(now);
      if (wait > 0) {
        const turnMs = Math.min(maxTurnMs, Math.floor((waiting * 1_000) / perSecond));
        if (turnMs < maxTurnMs) waiting += 1;
        return wait + turnMs;
      }
      const own = each.delay(to, now);
      if (own === 0) {
        all.add(-1, now);
        waiting = Math.max(0, waiting - 1);
      }
      return own;
    },
    charge: (to, now) => {
      all.add(-1, now);
      each.charge(to, now);
    },
  };
}
