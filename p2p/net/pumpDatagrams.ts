import type { Clock, DatagramSocket, SocketAddress, Sockets } from '../ports.ts';
import type { Discv4Node } from '../protocol/discv4Node.ts';
import type { Discv4Outcome, Discv4Output, Discv4Request } from '../protocol/discv4Types.ts';
import type { Discv5Node } from '../protocol/discv5Node.ts';
import type { Discv5Output } from '../protocol/discv5Types.ts';
import { maxReadPacketBytes } from '../wire/discv4.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { type Discv5Asker, driveDiscv5 } from './discv5Asker.ts';
import { driveMachine } from './driveMachine.ts';

type OutcomeOf<K extends Discv4Request['kind']> =
  | Extract<Discv4Outcome, { readonly kind: K }>
  | Exclude<Discv4Outcome, { readonly code: 'ok' }>;
type PingOutcome = OutcomeOf<'ping'>;
type EnrOutcome = OutcomeOf<'enr'>;
type FindnodeOutcome = OutcomeOf<'findnode'>;

/** A running discv4 identity with its sockets. Whatever a peer does or fails to do is an outcome; no promise rejects. */
export interface Discv4Pump {
  readonly node: Discv4Node;
  readonly sockets: readonly DatagramSocket[];
  /** The same node by discv5; null if it speaks discv4 alone. */
  readonly discv5: Discv5Asker | null;
  ping(contact: NodeContact): Promise<PingOutcome>;
  requestEnr(contact: NodeContact): Promise<EnrOutcome>;
  findnode(contact: NodeContact, target: Uint8Array): Promise<FindnodeOutcome>;
  /** Ends all requests as `closed`, then closes the sockets. */
  close(): Promise<void>;
}

export interface Discv4PumpOptions {
  readonly node: Discv4Node;
  readonly clock: Clock;
  readonly sockets: Sockets;
  /** At most one per address family. */
  readonly bind: readonly SocketAddress[];
  /** Sees every packet sent and every event, for counters and the frontier. */
  readonly observe?: (output: Discv4Output) => void;
  /** Speaks discv5 on the same sockets: one AES block tells its packets from those of discv4. */
  readonly discv5?: { readonly node: Discv5Node; readonly observe?: (output: Discv5Output) => void };
}

/** Binds the sockets and drives the node over them. Rejects with the system's error when one cannot be bound. */
export async function pumpDatagrams(options: Discv4PumpOptions): Promise<Discv4Pump> {
  const { node, clock, observe } = options;
  // BOUNDED: by the requests that the node holds in flight.
  const waiting = new Map<number, (outcome: Discv4Outcome) => void>();
  const sockets: DatagramSocket[] = [];
  let closed = false;
  const driver = driveMachine<Discv4Output>(node, clock, (output) => {
    observe?.(output);
    if ('send' in output) socketFor(output.send.to.ip)?.send(output.send.bytes, output.send.to);
    else if (output.event === 'answered') {
      waiting.get(output.ticket)?.(output.outcome);
      waiting.delete(output.ticket);
    }
  });
  const discv5 =
    options.discv5 === undefined
      ? null
      : driveDiscv5({
          ...options.discv5,
          clock,
          send: (bytes, to) => socketFor(to.ip)?.send(bytes, to),
          canSend: (ip) => socketFor(ip) !== undefined,
        });

  function socketFor(ip: string): DatagramSocket | undefined {
    return sockets.find((socket) => socket.local.ip.includes(':') === ip.includes(':'));
  }

  function ask(contact: NodeContact, request: Discv4Request): Promise<Discv4Outcome> {
    if (closed) return Promise.resolve({ code: 'closed', wireCode: null });
    // Nothing could be sent: the address is of a family that we have no socket for.
    if (socketFor(contact.ip) === undefined) return Promise.resolve({ code: 'addressRefused', wireCode: null });
    return new Promise((resolve) => {
      const { ticket, outputs } = node.request(contact, request, clock.now());
      waiting.set(ticket, resolve);
      driver.apply(outputs);
    });
  }

  try {
    for (const { ip, port } of options.bind) {
      const receive = (bytes: Uint8Array, from: SocketAddress) => {
        if (closed || discv5?.receive(bytes, from) === true) return;
        driver.apply(node.receive(bytes, from, clock.now()));
      };
      const oversized = (from: SocketAddress) => observe?.({ event: 'rejected', code: 'packetSize', from });
      sockets.push(await options.sockets.bindUdp({ ip, port, maxBytes: maxReadPacketBytes, receive, oversized }));
    }
  } catch (error) {
    await Promise.all(sockets.map((socket) => socket.close()));
    throw error;
  }

  return {
    node,
    sockets,
    discv5,
    ping: async (contact) => asKind('ping', await ask(contact, { kind: 'ping' })),
    requestEnr: async (contact) => asKind('enr', await ask(contact, { kind: 'enr' })),
    findnode: async (contact, target) => asKind('findnode', await ask(contact, { kind: 'findnode', target })),
    async close() {
      if (!closed) {
        closed = true;
        driver.stop();
        driver.apply(node.close());
        discv5?.close();
      }
      await Promise.all(sockets.map((socket) => socket.close()));
    },
  };
}

function asKind<K extends Discv4Request['kind']>(kind: K, outcome: Discv4Outcome): OutcomeOf<K> {
  if (isOfKind(kind, outcome)) return outcome;
  throw new TypeError(`asked for ${kind}, got another answer`);
}

function isOfKind<K extends Discv4Request['kind']>(kind: K, outcome: Discv4Outcome): outcome is OutcomeOf<K> {
  return outcome.code !== 'ok' || outcome.kind === kind;
}
