import { dial } from '../p2p/net/tcpDialer.ts';
import type { Clock, Logger, Random } from '../p2p/ports.ts';
import { keccak256 } from '../p2p/wire/keccak.ts';
import type { AddressPolicy } from './crawl/addressPolicy.ts';
import type { DiscoveryPort } from './crawl/askDiscv4.ts';
import type { Discv5Port } from './crawl/askDiscv5.ts';
import { DialGate } from './crawl/dialGate.ts';
import { GroundTargets } from './crawl/groundTargets.ts';
import { Slots } from './crawl/slots.ts';
import type { Visit } from './crawl/visit.ts';
import { createVisit, type DialPort } from './crawl/visitNode.ts';
import { logDial } from './debugLines.ts';
import type { OpenIdentity } from './identity/openIdentity.ts';

export interface VisitsDeps {
  readonly discovery: DiscoveryPort;
  readonly discv5?: Discv5Port | null;
  readonly dialer: DialPort;
  readonly policy: AddressPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** Visits within the address policy, with paced dials per IP. Takes the time in which its targets are made. */
export function openVisits(deps: VisitsDeps): Visit {
  const gate = new DialGate(deps.policy);
  return createVisit({ ...deps, gate, targets: new GroundTargets(keccak256), hashId: keccak256 });
}

/** Dials as this identity, at most `maxDials` at a time; each dial is a debug line. */
export function createDialer(
  identity: Pick<OpenIdentity, 'dialDeps'>,
  maxDials: number,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): DialPort {
  const slots = new Slots(maxDials);
  return {
    dial: (contact, headers, signal) =>
      slots.run(async () => {
        const startedAt = clock.now();
        const outcome = await dial(contact, { headers }, identity.dialDeps(contact.ip), signal);
        logDial(log, contact, outcome, clock.now() - startedAt);
        return outcome;
      }),
  };
}
