import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { toSeconds } from '../../lib/time.ts';
import type { ByteStream, Cancel, DatagramSocket, SocketAddress } from '../../p2p/ports.ts';
import { concatBytes } from '../../p2p/wire/bytes.ts';
import { encodeDiscv4 } from '../../p2p/wire/discv4.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { FakeEthPeer } from '../fakeEthPeer.ts';
import { privateKeyOf } from './networkPlan.ts';
import type { NodeServing } from './nodeServing.ts';
import { peerConfigOf } from './simulatedIdentity.ts';

/** A node behind NAT has shown a crawler that it is there: it answered a PING, or a session with it came as far as Hello. */
export interface ProvenCall {
  readonly index: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly over: 'udp' | 'tcp';
}

/** For how long a NAT lets in what comes from where something was sent to. */
const mappingMs = 180_000;
/** A crawler answers a PING with its own; its visit and a dial come after it. */
const dialAfterMs = 20_000;
const sessionMs = 30_000;

/** The nodes behind NAT: whom they hear, and their calls. */
export class Callers {
  readonly proven: ProvenCall[] = [];
  readonly #serving: NodeServing;
  /** Until when who is heard, by node and IP. BOUNDED: by the nodes and the crawlers. */
  readonly #mappings = new Map<string, number>();
  #open = true;

  constructor(serving: NodeServing) {
    this.#serving = serving;
  }

  /** Whether what comes from there gets to the node. */
  hears(index: number, { ip }: SocketAddress, now: number): boolean {
    return (this.#mappings.get(`${index} ${ip}`) ?? 0) > now;
  }

  /** The node has answered somebody. */
  answered(index: number, { ip }: SocketAddress, isPing: boolean, now: number): void {
    this.#mappings.set(`${index} ${ip}`, now + mappingMs);
    if (isPing) this.proven.push({ index, at: now, over: 'udp' });
  }

  /** Calls again and again, as long as it is up. */
  start(index: number, group: ScenarioNodeGroup, at: SocketAddress, socket: DatagramSocket): Cancel {
    const { clock, random, world, callees } = this.#serving;
    const everyMs = group.calls ?? 0;
    const call = (): void => {
      stop = clock.after(everyMs * (0.6 + 0.8 * random.next()), call);
      if (!world.phaseAt(index, group, clock.now()).up) return;
      for (const { contact, network } of callees?.() ?? []) {
        if (network !== null && network !== group.network) continue;
        this.#ping(index, at, contact, socket);
        if (network !== null) clock.after(dialAfterMs, () => this.#dial(index, group, at, contact));
      }
    };
    let stop = clock.after(everyMs * random.next(), call);
    return () => stop();
  }

  close(): void {
    this.#open = false;
  }

  #ping(index: number, at: SocketAddress, { ip, udp }: NodeContact, socket: DatagramSocket): void {
    const { clock, curve, plan } = this.#serving;
    const ping = encodeDiscv4(curve, privateKeyOf(plan, index), {
      ...{ kind: 'ping', version: 4, from: { ip: at.ip, udp: at.port, tcp: at.port }, to: { ip, udp, tcp: 0 } },
      ...{ expiration: toSeconds(clock.now()) + 20n, enrSeq: 1n },
    });
    this.#mappings.set(`${index} ${ip}`, clock.now() + mappingMs);
    socket.send(ping.bytes, { ip, port: udp });
  }

  #dial(index: number, group: ScenarioNodeGroup, { ip: localAddress }: SocketAddress, contact: NodeContact): void {
    const { clock, sockets, world } = this.#serving;
    if (!this.#open || !world.phaseAt(index, group, clock.now()).up) return;
    sockets.connectTcp({ ip: contact.ip, port: contact.tcp, localAddress }, (stream) => {
      if (typeof stream !== 'string') this.#talk(index, group, contact, stream);
    });
  }

  #talk(index: number, group: ScenarioNodeGroup, contact: NodeContact, stream: ByteStream): void {
    const { clock, curve, random, plan, world } = this.#serving;
    const now = clock.now();
    const config = peerConfigOf(
      group,
      world.chainOf(group),
      world.phaseAt(index, group, now),
      world.viewAt(index, group, now),
    );
    const keys = { curve, random, privateKey: privateKeyOf(plan, index) };
    const peer = new FakeEthPeer(keys, { at: 'initiator', remoteId: contact.id }, config);
    const stop = clock.after(sessionMs, () => stream.destroy());
    stream.write(peer.connection.opening);
    stream.read({
      bytes: (chunk) => {
        try {
          const knew = peer.heard.hello !== null;
          const out = peer.receive(chunk);
          if (!knew && peer.heard.hello !== null) this.proven.push({ index, at: clock.now(), over: 'tcp' });
          if (out.length > 0) stream.write(concatBytes(...out));
          if (peer.heard.disconnects.length > 0) stream.end(sessionMs);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          stream.destroy();
        }
      },
      ended: () => stop(),
    });
  }
}
