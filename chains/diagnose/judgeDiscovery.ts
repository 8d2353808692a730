import type { Evidence } from './evidence.ts';
import { type FoundCause, found } from './judgeReason.ts';

/** A clock that is off by this much breaks discovery: packets are valid for 20 s. */
const harmfulSkewMs = 15_000;

/**
 * What keeps others from finding a node that can be dialled. Nothing is said of a node that TCP does not reach: what
 * explains that explains its silence by UDP as well.
 */
export function judgeDiscovery({ url, discv4, discv5, rlpx }: Evidence): FoundCause[] {
  // Only what has shown by TCP that it runs can be reproached with its silence.
  const runs = rlpx.at === 'acked';
  const opened = runs || rlpx.at === 'closed' || rlpx.at === 'garbled';
  switch (discv4.at) {
    case 'skipped':
      return opened && url.at === 'read' && url.udp === 0 ? [found('discoveryOff', 'the URL names no UDP port')] : [];
    case 'refused':
      return opened ? [found('discoveryOff', 'UDP refused at once: no socket at this port', 'TCP is open')] : [];
    case 'silent':
      // Some clients speak discv5 alone.
      if (!runs || discv5.at === 'knocked') return [];
      return discv4.farToo
        ? [found('udpFiltered', 'no PONG, not even to a PING that is valid for long', 'by TCP it runs')]
        : [found('udpFiltered', 'no PONG', 'by TCP it runs'), found('clockBehind', 'no PONG', 'by TCP it runs')];
    case 'answered':
      break;
  }
  const { to, skewMs, keyIs, key } = discv4;
  if (keyIs === 'other' && runs) return [found('otherAtUdp', `by UDP another key answers: ${key}`)];
  if (to === 'far') {
    return [
      found('clockBehind', 'it answers only a PING that is valid for long: the usual 20 s had passed by its clock'),
    ];
  }
  if (skewMs === null || Math.abs(skewMs) < harmfulSkewMs) return [];
  const text = `its PONG was signed ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs < 0 ? 'before' : 'after'} now, by our clock`;
  return [skewMs < 0 ? found('clockAhead', text) : found('clockBehind', text)];
}
