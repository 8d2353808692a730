import type { SocketAddress } from '../ports.ts';
import { sealMessage } from '../wire/discv5Crypto.ts';
import { type Discv5Message, encodeDiscv5Message } from '../wire/discv5Message.ts';
import { encodeOrdinary } from '../wire/discv5Packet.ts';
import type { Discv5Context } from './discv5Context.ts';
import type { Discv5Output } from './discv5Types.ts';
import { bucketSize } from './kademliaTable.ts';

/** Records in one packet: what 1280 bytes leave them, rounded down. */
const maxRecordsBytes = 1_170;
/** geth and ChainSafe take no more NODES for one FINDNODE. */
const maxPackets = 5;

/** A peer of a session, at the address that it wrote from. */
export interface SessionPeer {
  readonly hash: Uint8Array;
  readonly key: string;
  readonly from: SocketAddress;
}

/**
 * The answering side of discv5, within sessions only: whoever has one receives what is sent to it. It is exact: a record
 * at a distance that was not asked for would have us banned for an hour (sigp/discv5).
 */
export class Discv5Responder {
  readonly #context: Discv5Context;

  constructor(context: Discv5Context) {
    this.#context = context;
  }

  /** Answers PING, FINDNODE and TALKREQ; null if it is no question. */
  answer(message: Discv5Message, peer: SessionPeer, now: number): Discv5Output[] | null {
    const { requestId } = message;
    switch (message.kind) {
      case 'ping': {
        const { ip, port: udp } = peer.from;
        return this.#send(peer, [{ kind: 'pong', requestId, enrSeq: this.#context.enr().seq, ip, udp }]);
      }
      case 'findnode': {
        const packets = packRecords(this.#recordsAt(message.distances, peer, now));
        const total = packets.length;
        return this.#send(
          peer,
          packets.map((records) => ({ kind: 'nodes', requestId, total, records })),
        );
      }
      case 'talkreq':
        // We speak no protocol over it, and say so.
        return this.#send(peer, [{ kind: 'talkresp', requestId, data: new Uint8Array(0) }]);
      default:
        return null;
    }
  }

  #recordsAt(distances: readonly number[], { from }: SessionPeer, now: number): Uint8Array[] {
    const { addressPolicy, enr, recordsAt } = this.#context;
    const records: Uint8Array[] = [];
    for (const distance of distances) {
      if (distance === 0) records.push(enr().bytes);
      for (const { ip, bytes } of recordsAt(distance, now)) {
        if (ip === null || addressPolicy.allowsRelay(from.ip, ip)) records.push(bytes);
      }
      if (records.length >= bucketSize) break;
    }
    return records.slice(0, bucketSize);
  }

  #send(peer: SessionPeer, messages: readonly Discv5Message[]): Discv5Output[] {
    const { sessions, random, hash: source } = this.#context;
    return messages.flatMap((message) => {
      const writing = sessions.write(peer.key, (length) => random.bytes(length));
      if (writing === null) return [];
      const plain = encodeDiscv5Message(message);
      const packet = { source, to: peer.hash, nonce: writing.nonce, iv: random.bytes(16) };
      const bytes = encodeOrdinary(packet, (nonce, ad) => sealMessage(writing.key, nonce, plain, ad));
      return [{ send: { kind: message.kind, to: peer.from, bytes } }];
    });
  }
}

/** As many packets as the records take, at least one and at most `maxPackets`. */
function packRecords(records: readonly Uint8Array[]): Uint8Array[][] {
  const packets: Uint8Array[][] = [[]];
  let size = 0;
  for (const record of records) {
    if (size + record.length > maxRecordsBytes) {
      if (packets.length === maxPackets) break;
      packets.push([]);
      size = 0;
    }
    packets.at(-1)?.push(record);
    size += record.length;
  }
  return packets;
}
