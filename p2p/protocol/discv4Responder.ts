import type { SocketAddress } from '../ports.ts';
import { type Discv4Packet, maxNeighborsPerPacket, type ReadPacket } from '../wire/discv4.ts';
import { keccak256 } from '../wire/keccak.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Client } from './discv4Client.ts';
import type { Discv4Context } from './discv4Context.ts';
import { type Discv4Output, type SentPacket, sourceKey } from './discv4Types.ts';
import { bucketSize } from './kademliaTable.ts';

/**
 * The answering side of discv4 (discv4.md). It has no state of its own: the endpoint proofs say who may be answered,
 * and the table says who may be named. Expired packets never get here.
 */
export class Discv4Responder {
  readonly #context: Discv4Context;
  readonly #client: Discv4Client;

  constructor(context: Discv4Context, client: Discv4Client) {
    this.#context = context;
    this.#client = client;
  }

  /** Answers PING, FINDNODE and ENRRequest; null if the sender lacks the endpoint proof and the credit for a PONG. */
  receive(read: ReadPacket, id: Uint8Array, from: SocketAddress, now: number): Discv4Output[] | null {
    const { packet, hash } = read;
    switch (packet.kind) {
      case 'ping':
        return this.#ping(packet, read, id, from, now);
      case 'findnode':
        return this.#context.proofs.has(id, from.ip, now) ? this.#findnode(packet.target, from, now) : null;
      case 'enrRequest':
        return this.#context.proofs.has(id, from.ip, now) ? this.#enrRequest(hash, from, now) : null;
      default:
        throw new RangeError(`${packet.kind} is not a question`);
    }
  }

  #ping(
    ping: Discv4Packet & { readonly kind: 'ping' },
    { hash: pingHash, byteLength }: ReadPacket,
    id: Uint8Array,
    from: SocketAddress,
    now: number,
  ): Discv4Output[] | null {
    const { proofs, self, strangers, limits } = this.#context;
    const source = proofs.has(id, from.ip, now) ? null : sourceKey(from, limits.perPort);
    if (source !== null) {
      strangers.earn(source, byteLength, now);
      if (!strangers.affords(source, maxPacketBytes, now)) return null;
    }
    // The address is the packet's source. What the packet itself says is ignored, except for the TCP port.
    const to = { ip: from.ip, udp: from.port, tcp: ping.from.tcp };
    const expiration = this.#expiration(from, now);
    const pong = this.#answer({ kind: 'pong', to, pingHash, expiration, enrSeq: self().enr.seq }, from, now);
    const outputs: Discv4Output[] = [{ send: pong }];
    if (source !== null) {
      const node: NodeContact = { id, ip: from.ip, udp: from.port, tcp: ping.from.tcp };
      outputs.push({ event: 'pinged', node, enrSeq: ping.enrSeq });
      strangers.spend(source, pong.bytes.length, now);
      if (strangers.affords(source, maxPacketBytes, now)) {
        const back = this.#client.ping(node, now);
        for (const output of back) if ('send' in output) strangers.spend(source, output.send.bytes.length, now);
        outputs.push(...back);
      }
    }
    this.#client.pinged(id, from.ip, now);
    return outputs;
  }

  #findnode(target: Uint8Array, from: SocketAddress, now: number): Discv4Output[] {
    const { table, limits, addressPolicy } = this.#context;
    const near = table.closest(keccak256(target), bucketSize, now - limits.liveMs);
    const nodes = near.filter((node) => addressPolicy.allowsRelay(from.ip, node.ip));
    const expiration = this.#expiration(from, now);
    const outputs: Discv4Output[] = [];
    // An empty table is an answer too: at least one packet goes out.
    for (let at = 0; at === 0 || at < nodes.length; at += maxNeighborsPerPacket) {
      const part = nodes.slice(at, at + maxNeighborsPerPacket);
      outputs.push({ send: this.#answer({ kind: 'neighbors', nodes: part, expiration }, from, now) });
    }
    return outputs;
  }

  #enrRequest(requestHash: Uint8Array, from: SocketAddress, now: number): Discv4Output[] {
    const record = this.#context.self().enr.bytes;
    return [{ send: this.#answer({ kind: 'enrResponse', requestHash, record }, from, now) }];
  }

  #expiration(to: SocketAddress, now: number): bigint {
    const { clocks, signer } = this.#context;
    return BigInt(signer.expiration(now + clocks.ahead(to)));
  }

  #answer(packet: Discv4Packet, to: SocketAddress, now: number): SentPacket {
    this.#context.budget.charge(to, now);
    return { kind: packet.kind, to, bytes: this.#context.signer.sign(packet).bytes };
  }
}

/** No PING or PONG is larger, not even over IPv6. */
const maxPacketBytes = 180;
