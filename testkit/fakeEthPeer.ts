import { type ConnectionEvent, RlpxConnection, type RlpxKeys, type RlpxRole } from '../p2p/protocol/rlpxConnection.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import {
  type BlockRange,
  decodeGetBlockHeaders,
  encodeBlockHeaders,
  encodeBlockRangeUpdate,
  ethCodes,
  type GetBlockHeaders,
} from '../p2p/wire/ethMessages.ts';
import { decodeStatus, type EthStatus, type EthVersion, encodeStatus } from '../p2p/wire/ethStatus.ts';
import {
  type Capability,
  decodeDisconnect,
  decodeHello,
  emptyPayload,
  encodeHello,
  type Hello,
  p2pCodes,
} from '../p2p/wire/hello.ts';
import type { RlpxMessage } from '../p2p/wire/rlpxMessage.ts';
import { uncompressBlock } from '../p2p/wire/snappyBlock.ts';

/** bnb-chain/bsc 1.7.3, eth/protocols/eth/handshake.go: UpgradeStatusPacket with DisablePeerTxBroadcast false. */
const upgradeStatus = Uint8Array.of(0xc2, 0xc1, 0x80);

/** What a fake peer is and does; it speaks `version` whatever else it offers. */
export interface FakeEthPeerConfig {
  readonly clientName?: string;
  readonly capabilities?: readonly Capability[];
  readonly version?: EthVersion;
  readonly p2pVersion?: number;
  readonly status: EthStatus;
  /** Raw headers by number; it has no others. */
  readonly headers?: ReadonlyMap<bigint, Uint8Array>;
  readonly headOf?: Uint8Array;
  /** Answers every request for headers, in place of `headers` and `headOf`. */
  readonly answerHeaders?: (request: GetBlockHeaders) => readonly Uint8Array[];
  readonly range?: BlockRange;
  /** The step at which it falls silent. */
  readonly silentFrom?: 'auth' | 'hello' | 'status' | 'headers';
  /** Frames to send in place of what it would say: code and payload, sent as they are. */
  readonly insteadOfHello?: readonly { readonly code: number; readonly body: Uint8Array }[];
  readonly insteadOfStatus?: readonly { readonly code: number; readonly body: Uint8Array }[];
  /** Waits for our Status before it sends its own. */
  readonly waitsForStatus?: boolean;
  /** As BSC does up to eth/68: sends an UpgradeStatus behind its Status, and takes nothing else before ours. */
  readonly upgrades?: boolean;
}

/** A node at the other end of a session, without IO: it does as configured and keeps what it was told. */
export class FakeEthPeer {
  readonly connection: RlpxConnection;
  readonly heard: {
    hello: Hello | null;
    status: EthStatus | null;
    disconnects: (number | null)[];
    pongs: number;
    codes: number[];
    bodies: Uint8Array[];
  } = { hello: null, status: null, disconnects: [], pongs: 0, codes: [], bodies: [] };
  readonly #keys: RlpxKeys;
  readonly #config: FakeEthPeerConfig;
  #snappy = false;
  #upgraded = false;

  constructor(keys: RlpxKeys, role: RlpxRole, config: FakeEthPeerConfig) {
    this.#keys = keys;
    this.#config = config;
    this.connection = new RlpxConnection(keys, role, 1 << 20);
  }

  /** It sent a Disconnect in place of its Hello. */
  get hasRefused(): boolean {
    return (
      this.connection.keyed && this.#config.insteadOfHello?.some(({ code }) => code === p2pCodes.disconnect) === true
    );
  }

  get version(): EthVersion {
    return this.#config.version ?? 68;
  }

  /** Takes bytes and returns what it sends in reply. */
  receive(bytes: Uint8Array): Uint8Array[] {
    if (this.#config.silentFrom === 'auth') return [];
    this.connection.push(bytes);
    const sent: Uint8Array[] = [];
    for (let event = this.connection.next(); event !== null; event = this.connection.next()) {
      sent.push(...this.#take(event));
    }
    return sent;
  }

  /** A frame of anything. */
  say(code: number, payload: Uint8Array, snappy = this.#snappy): Uint8Array {
    return this.connection.write(code, payload, snappy);
  }

  #take(event: ConnectionEvent): Uint8Array[] {
    if (event.type === 'message') return this.#takeMessage(event.message);
    const sent = event.reply.length > 0 ? [event.reply] : [];
    if (this.#config.silentFrom === 'hello') return sent;
    if (this.#config.insteadOfHello !== undefined) {
      return [...sent, ...this.#config.insteadOfHello.map(({ code, body }) => this.say(code, body, false))];
    }
    return [...sent, this.say(p2pCodes.hello, encodeHello(this.#hello()), false)];
  }

  #takeMessage({ code, body }: RlpxMessage): Uint8Array[] {
    this.heard.codes.push(code);
    this.heard.bodies.push(body);
    if (this.#config.silentFrom === 'hello' && code !== p2pCodes.disconnect) return [];
    if (code === p2pCodes.disconnect) {
      this.heard.disconnects.push(decodeDisconnect(body));
      return [];
    }
    if (code === p2pCodes.hello) {
      this.heard.hello = decodeHello(body);
      this.#snappy = this.heard.hello.p2pVersion >= 5 && (this.#config.p2pVersion ?? 5) >= 5;
      return this.#config.waitsForStatus ? [] : this.#sayStatus();
    }
    const payload = this.#snappy ? uncompressBlock(body, 1 << 20) : body;
    if (code === p2pCodes.ping) return [this.say(p2pCodes.pong, emptyPayload)];
    if (code === p2pCodes.pong) this.heard.pongs += 1;
    return code >= 0x10 ? this.#takeEth(code - 0x10, payload) : [];
  }

  #takeEth(code: number, payload: Uint8Array): Uint8Array[] {
    if (code === ethCodes.status) {
      this.heard.status = decodeStatus(payload, this.version);
      const upgrade = this.#config.upgrades === true ? [this.say(0x10 + ethCodes.upgradeStatus, upgradeStatus)] : [];
      return [...(this.#config.waitsForStatus ? this.#sayStatus() : []), ...upgrade];
    }
    if (this.#config.upgrades === true && !this.#upgraded) {
      this.#upgraded = code === ethCodes.upgradeStatus && bytesToHex(payload) === 'c2c180';
      return this.#upgraded ? [] : [this.say(p2pCodes.disconnect, Uint8Array.of(0xc1, 0x10))];
    }
    if (code !== ethCodes.getBlockHeaders || this.#config.silentFrom === 'headers') return [];
    const request = decodeGetBlockHeaders(payload, this.version);
    const found = (this.#config.answerHeaders ?? ((asked) => this.#findHeaders(asked)))(request);
    return [this.say(0x10 + ethCodes.blockHeaders, encodeBlockHeaders(found, request.requestId, this.version))];
  }

  #findHeaders({ start, amount }: GetBlockHeaders): Uint8Array[] {
    const found: Uint8Array[] = [];
    if (typeof start === 'bigint') {
      for (let i = 0n; i < BigInt(amount); i++) {
        const header = this.#config.headers?.get(start + i);
        if (header !== undefined) found.push(header);
      }
    } else if (this.#config.headOf !== undefined) {
      found.push(this.#config.headOf);
    }
    return found;
  }

  /** From eth/69: that its blocks have changed; null before Statuses were exchanged, when nobody may say so. */
  sayRange(range: BlockRange): Uint8Array | null {
    if (this.version < 69 || this.heard.status === null) return null;
    return this.say(0x10 + ethCodes.blockRangeUpdate, encodeBlockRangeUpdate(range));
  }

  #sayStatus(): Uint8Array[] {
    const { insteadOfStatus, range, silentFrom, status } = this.#config;
    if (silentFrom === 'status') return [];
    if (insteadOfStatus !== undefined) return insteadOfStatus.map(({ code, body }) => this.say(code, body, false));
    const said = [this.say(0x10 + ethCodes.status, encodeStatus(status, this.version))];
    if (range !== undefined) said.push(this.say(0x10 + ethCodes.blockRangeUpdate, encodeBlockRangeUpdate(range)));
    return said;
  }

  #hello(): Omit<Hello, 'shortened'> {
    return {
      p2pVersion: this.#config.p2pVersion ?? 5,
      clientName: new TextEncoder().encode(this.#config.clientName ?? 'Fake/v1.0.0/linux-amd64/go1.25'),
      capabilities: this.#config.capabilities ?? [
        { name: 'eth', version: this.version },
        { name: 'snap', version: 1 },
      ],
      listenPort: 30303,
      nodeId: this.#keys.curve.publicKey(this.#keys.privateKey),
    };
  }
}
