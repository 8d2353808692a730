import type { DiscoveryProtocol } from '../lib/discoveryProtocols.ts';
import type { Lifetime } from '../lib/lifecycle.ts';
import type { InboundSession } from '../p2p/net/tcpListener.ts';
import type { Clock, Logger, Random, Sockets } from '../p2p/ports.ts';
import type { Discv4Output } from '../p2p/protocol/discv4Types.ts';
import type { Discv5Output } from '../p2p/protocol/discv5Types.ts';
import type { HeaderWants } from '../p2p/protocol/rlpxOutcome.ts';
import { formatEnode, type NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import type { OfferCode } from './crawl/offerCodes.ts';
import { inboundVisit } from './crawl/visitOutcome.ts';
import { guardSockets } from './guardSockets.ts';
import { AddressVotes } from './identity/addressVotes.ts';
import { type IdentitySettings, openIdentities } from './identity/openIdentities.ts';
import type { OpenIdentity } from './identity/openIdentity.ts';
import type { Records } from './openRecords.ts';
import type { Schedule } from './openSchedule.ts';
import type { NetworkChoice } from './selectNetworks.ts';

export interface DiscoveryDeps {
  readonly curve: Curve;
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly log: Logger;
  readonly chosen: Pick<NetworkChoice, 'watched' | 'policy' | 'limits' | 'discv5Limits'>;
  readonly version: string;
  readonly schedule: Schedule;
  readonly records: Pick<Records, 'recorder' | 'presences'>;
  /** Headers that a node is asked for that dialled us. */
  readonly headers: HeaderWants;
  /** Everything that our identities send and receive. */
  observe(output: Discv4Output): void;
  observeDiscv5(output: Discv5Output): void;
  /** A node that nobody had named yet has contacted us. */
  onCaller(contact: NodeContact, now: number): void;
  /** What became of a node that was named when one of our tables was refreshed. */
  onNamed(code: OfferCode, contact: NodeContact, now: number, by: DiscoveryProtocol): void;
}

/** Our identities on the network: the one that asks the DHT and dials, then our presence on each watched network. */
export interface Discovery {
  readonly identities: readonly [OpenIdentity, ...OpenIdentity[]];
  /** Signs new records if the fork schedule, or our address as most nodes see it, has changed. */
  refreshRecords(): Promise<void>;
}

/** Binds and starts our identities. Rejects with the system's error when a port is taken. */
export async function openDiscovery(
  deps: DiscoveryDeps,
  settings: IdentitySettings,
  life: Lifetime,
  signal: AbortSignal,
): Promise<Discovery> {
  const { curve, clock, random, log, chosen, schedule, records } = deps;
  let isTold = false;
  const sockets = guardSockets(deps.sockets, chosen.policy, clock, (ip) => {
    if (!isTold)
      log.error('something was to be sent outside of the address rule and was not: please report it', { ip });
    isTold = true;
  });
  const votes = new AddressVotes();
  const identities = await openIdentities(
    {
      curve,
      clock,
      random,
      sockets,
      log,
      policy: chosen.policy,
      limits: chosen.limits,
      discv5Limits: chosen.discv5Limits,
      clientName: `Forkscope/v${deps.version}/${process.platform}-${process.arch}/node${process.versions.node}`,
      observe: (output) => heed(output, deps, votes),
      observeDiscv5: (output) => heedDiscv5(output, deps, votes),
      headers: deps.headers,
      onSession: (session) => recordSession(session, deps),
    },
    chosen.watched,
    settings,
    signal,
  );
  for (const identity of identities) {
    life.add(`identity ${identity.name}`, () => identity.close());
    schedule.disown(identity.id);
    records.presences.add(identity);
    tellIdentity(log, identity);
  }
  /** BOUNDED: by our identities. */
  const told = new Map(identities.map((identity) => [identity.name, identity.enodes().join()]));
  return {
    identities,
    async refreshRecords() {
      const elected = { ip4: votes.elected(4), ip6: votes.elected(6) };
      for (const identity of identities) {
        await identity.refreshRecord(elected);
        const enodes = identity.enodes();
        if (told.get(identity.name) === enodes.join()) continue;
        told.set(identity.name, enodes.join());
        log.info('this is where nodes see our identity', { name: identity.name, enode: enodes.join(' ') });
      }
    },
  };
}

/** For whoever wants his nodes to know us: static-nodes.json, admin.addPeer. */
function tellIdentity(log: Logger, identity: OpenIdentity): void {
  const { name, id, port, listeners } = identity;
  const enodes = identity.enodes();
  const here = formatEnode({ id, ip: '127.0.0.1', udp: port, tcp: listeners.length > 0 ? port : 0 });
  log.info('identity is up', {
    name,
    enode: enodes.length === 0 ? here : enodes.join(' '),
    // Until then the URL is good for this machine alone.
    ...(enodes.length === 0 ? { externalIp: 'not known yet: given by --external-ip, or told by nodes' } : {}),
    listening: listeners.length > 0,
  });
}

function heed(output: Discv4Output, deps: DiscoveryDeps, votes: AddressVotes): void {
  deps.observe(output);
  if (!('event' in output)) return;
  const now = deps.clock.now();
  if (output.event === 'named') {
    for (const contact of output.nodes)
      deps.onNamed(deps.schedule.frontier.offer(contact, output.by.ip, now, now), contact, now, 'discv4');
  }
  if (output.event !== 'proven' && output.event !== 'late') return;
  if (output.event === 'proven') votes.note(output.node.ip, output.pong.ourIp);
  // A node that pings us wants to be known, and is visited like any other once it has answered our PING: the source of
  // its own may be forged, and a visit sends more than it did.
  if (deps.schedule.meet(output.node, now)) deps.onCaller(output.node, now);
  if (output.event === 'late') deps.schedule.answeredLate(output.node.id, now, 'discv4');
}

/** A node that began a handshake was pinged, and has answered. */
function heedDiscv5(output: Discv5Output, deps: DiscoveryDeps, votes: AddressVotes): void {
  deps.observeDiscv5(output);
  if (!('event' in output)) return;
  const now = deps.clock.now();
  if (output.event === 'late') deps.schedule.answeredLate(output.node.id, now, 'discv5');
  if (output.event !== 'proven') return;
  const { node, pong } = output;
  votes.note(node.ip, pong.ourIp);
  if (deps.schedule.meet(node, now)) deps.onCaller(node, now);
}

/** A node dialled us: that is a visit too. */
function recordSession(session: InboundSession, { clock, random, schedule, records }: DiscoveryDeps): void {
  const now = clock.now();
  const outcome = inboundVisit(session, now - session.outcome.timings.totalMs, random.bytes(10));
  if (outcome === null) return;
  if (outcome.contact.udp > 0) schedule.frontier.meetCaller(outcome.contact, now);
  void records.recorder.record(outcome, { dueAt: now, failures: 0 });
}
