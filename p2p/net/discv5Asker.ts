import type { Clock, SocketAddress } from '../ports.ts';
import type { Discv5Node } from '../protocol/discv5Node.ts';
import type { Discv5Outcome, Discv5Output, Discv5Request } from '../protocol/discv5Types.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { driveMachine } from './driveMachine.ts';

type OutcomeOf<K extends Discv5Request['kind']> =
  | Extract<Discv5Outcome, { readonly kind: K }>
  | Exclude<Discv5Outcome, { readonly code: 'ok' }>;

/** Asks by discv5. Whatever a peer does or fails to do is an outcome; no promise rejects. */
export interface Discv5Asker {
  readonly node: Discv5Node;
  ping(contact: NodeContact): Promise<OutcomeOf<'ping'>>;
  /** Distances 0 to 256; 0 = its own record. */
  findnode(contact: NodeContact, distances: readonly number[]): Promise<OutcomeOf<'findnode'>>;
  talk(contact: NodeContact, protocol: Uint8Array, data: Uint8Array): Promise<OutcomeOf<'talkreq'>>;
}

interface DrivenDiscv5 extends Discv5Asker {
  /** One datagram; false if it is no discv5 packet to us. */
  receive(bytes: Uint8Array, from: SocketAddress): boolean;
  /** Ends all requests as `closed`. */
  close(): void;
}

export interface Discv5AskerDeps {
  readonly node: Discv5Node;
  readonly clock: Clock;
  readonly send: (bytes: Uint8Array, to: SocketAddress) => void;
  /** Whether there is a socket of this address' family. */
  readonly canSend: (ip: string) => boolean;
  /** Sees every packet sent and every event. */
  readonly observe?: (output: Discv5Output) => void;
}

/** Drives a discv5 identity over sockets that it may share with discv4. */
export function driveDiscv5({ node, clock, send, canSend, observe }: Discv5AskerDeps): DrivenDiscv5 {
  // BOUNDED: by the requests that the node holds in flight.
  const waiting = new Map<number, (outcome: Discv5Outcome) => void>();
  let closed = false;
  const driver = driveMachine<Discv5Output>(node, clock, (output) => {
    observe?.(output);
    if ('send' in output) send(output.send.bytes, output.send.to);
    else if (output.event === 'answered') {
      waiting.get(output.ticket)?.(output.outcome);
      waiting.delete(output.ticket);
    }
  });

  function ask(contact: NodeContact, request: Discv5Request): Promise<Discv5Outcome> {
    if (closed) return Promise.resolve({ code: 'closed', sent: 0, received: 0 });
    if (!canSend(contact.ip)) return Promise.resolve({ code: 'addressRefused', sent: 0, received: 0 });
    return new Promise((resolve) => {
      const { ticket, outputs } = node.request(contact, request, clock.now());
      waiting.set(ticket, resolve);
      driver.apply(outputs);
    });
  }

  return {
    node,
    ping: async (contact) => asKind('ping', await ask(contact, { kind: 'ping' })),
    findnode: async (contact, distances) => asKind('findnode', await ask(contact, { kind: 'findnode', distances })),
    talk: async (contact, protocol, data) => asKind('talkreq', await ask(contact, { kind: 'talkreq', protocol, data })),
    receive(bytes, from) {
      const outputs = closed ? [] : node.receive(bytes, from, clock.now());
      if (outputs === null) return false;
      driver.apply(outputs);
      return true;
    },
    close() {
      if (closed) return;
      closed = true;
      driver.stop();
      driver.apply(node.close(clock.now()));
    },
  };
}

function asKind<K extends Discv5Request['kind']>(kind: K, outcome: Discv5Outcome): OutcomeOf<K> {
  if (isOfKind(kind, outcome)) return outcome;
  throw new TypeError(`asked for ${kind}, got another answer`);
}

function isOfKind<K extends Discv5Request['kind']>(kind: K, outcome: Discv5Outcome): outcome is OutcomeOf<K> {
  return outcome.code !== 'ok' || outcome.kind === kind;
}
