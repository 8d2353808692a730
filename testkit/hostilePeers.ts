/**
 * Peers that lie, each on an address of its own: over UDP as `hostilePackets` says, or honest over UDP and then
 * hostile over RLPx. Real sockets; for tests and benches only.
 */

import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { toSeconds } from '../lib/time.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import { bytesToHex, concatBytes } from '../p2p/wire/bytes.ts';
import { encodeDiscv4, readDiscv4 } from '../p2p/wire/discv4.ts';
import { encodeHello, p2pCodes } from '../p2p/wire/hello.ts';
import { FrameWriter } from '../p2p/wire/rlpxFrame.ts';
import { createAck, deriveSecrets, readAuth } from '../p2p/wire/rlpxHandshake.ts';
import { joinMessage } from '../p2p/wire/rlpxMessage.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import {
  forgedNeighbours,
  type Liar,
  lieAboutPing,
  nestedLists,
  snappyBomb,
  type UdpLie,
  udpLies,
} from './hostilePackets.ts';

export const tcpLies = [
  'tcpSilence',
  'ackGarbage',
  'ackHuge',
  'frameHuge',
  'helloNested',
  'statusNested',
  'statusBomb',
  'tcpSlow',
] as const;
type TcpLie = (typeof tcpLies)[number];
export const lies = [...udpLies, 'forgedNeighbours', ...tcpLies] as const;
export type Lie = UdpLie | TcpLie | 'forgedNeighbours';

export interface HostilePeer {
  readonly lie: Lie;
  readonly enode: string;
  readonly id: string;
}

export interface HostilePeers extends AsyncDisposable {
  readonly peers: readonly HostilePeer[];
  /** IDs of those that have told their lie to somebody. */
  told(): readonly string[];
}

const port = 30_303;
/** Packets get lost when a thousand arrive at once. */
const introductions = 3;
const introductionMs = 3_000;

/** `count` liars on 127.`second`.x.y, the kinds of lies in turn; deterministic keys. */
export async function startHostilePeers(
  curve: Curve,
  options: {
    readonly count: number;
    readonly second: number;
    /** Assigned in turn; by default all kinds. */
    readonly kinds?: readonly Lie[];
    /** Each liar pings this address a few times once it is up, so that whoever listens there notices it. */
    readonly introduceTo?: SocketAddress;
  },
): Promise<HostilePeers> {
  const closers: (() => void)[] = [];
  const kinds = options.kinds ?? lies;
  const told = new Set<string>();
  const peers = await Promise.all(
    Array.from({ length: options.count }, async (_, index) => {
      const ip = `127.${options.second}.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
      const lie = kinds[index % kinds.length] ?? 'silence';
      const liar = { privateKey: keyOf(`liar ${options.second} ${index}`), otherKey: keyOf(`other ${index}`) };
      const id = bytesToHex(curve.publicKey(liar.privateKey));
      const tell = (): void => {
        told.add(id);
      };
      closers.push(await startUdp(curve, liar, lie, ip, tell, options.introduceTo));
      if (isTcpLie(lie)) closers.push(await startTcp(curve, liar, lie, ip, tell));
      return { lie, id, enode: `enode://${id}@${ip}:${port}` };
    }),
  );
  return {
    peers,
    told: () => [...told],
    [Symbol.asyncDispose]: async () => {
      for (const close of closers) close();
    },
  };
}

function keyOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function isTcpLie(lie: Lie): lie is TcpLie {
  return (tcpLies as readonly string[]).includes(lie);
}

function isUdpLie(lie: Lie): lie is UdpLie {
  return (udpLies as readonly string[]).includes(lie);
}

async function startUdp(
  curve: Curve,
  liar: Liar,
  lie: Lie,
  ip: string,
  tell: () => void,
  introduceTo: SocketAddress | undefined,
): Promise<() => void> {
  const socket: Socket = createSocket('udp4');
  let serial = 0;
  const randomId = (): Uint8Array => curve.publicKey(keyOf(`forged ${ip} ${serial++}`));
  socket.on('message', (bytes, from) => {
    const reply = (answer: Uint8Array | null): void => {
      if (answer !== null) socket.send(answer, from.port, from.address);
    };
    const read = readOrNull(bytes);
    if (read === null) return;
    const now = Date.now();
    const at = { ip: from.address, port: from.port };
    const { packet } = read;
    if (packet.kind === 'ping') {
      if (isUdpLie(lie)) {
        tell();
        return reply(lieAboutPing(curve, lie, liar, read, at, now));
      }
      const expiration = toSeconds(now) + 20n;
      const to = { ip: at.ip, udp: at.port, tcp: 0 };
      const own = { ip, udp: port, tcp: port };
      reply(
        encodeDiscv4(curve, liar.privateKey, { kind: 'pong', to, pingHash: read.hash, expiration, enrSeq: null }).bytes,
      );
      reply(
        encodeDiscv4(curve, liar.privateKey, { kind: 'ping', version: 4, from: own, to, expiration, enrSeq: null })
          .bytes,
      );
    } else if (packet.kind === 'findnode' && lie === 'forgedNeighbours') {
      tell();
      // Many more nodes than were asked for, none of which exists.
      const forgedIp = (): string => `127.250.${serial % 250}.${1 + (serial % 200)}`;
      for (let burst = 0; burst < 8; burst++) reply(forgedNeighbours(curve, liar, randomId, forgedIp, now));
    }
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, ip, resolve);
  });
  socket.on('error', () => {});
  const introduce = (to: SocketAddress): void => {
    const ping = encodeDiscv4(curve, liar.privateKey, {
      kind: 'ping',
      version: 4,
      from: { ip, udp: port, tcp: port },
      to: { ip: to.ip, udp: to.port, tcp: 0 },
      expiration: toSeconds(Date.now()) + 20n,
      enrSeq: null,
    });
    socket.send(ping.bytes, to.port, to.ip);
  };
  let left = introductions;
  const again = setInterval(() => {
    if (introduceTo !== undefined && left-- > 0) introduce(introduceTo);
    else clearInterval(again);
  }, introductionMs);
  if (introduceTo !== undefined) introduce(introduceTo);
  return () => {
    clearInterval(again);
    socket.close();
  };
}

function readOrNull(bytes: Uint8Array): ReturnType<typeof readDiscv4> | null {
  try {
    return readDiscv4(bytes);
  } catch {
    return null;
  }
}

async function startTcp(curve: Curve, liar: Liar, lie: TcpLie, ip: string, tell: () => void): Promise<() => void> {
  const sockets = new Set<TcpSocket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    if (lie === 'tcpSilence') return tell();
    let received: Uint8Array = new Uint8Array(0);
    let answered = false;
    socket.on('data', (chunk) => {
      if (answered) return;
      received = concatBytes(received, chunk);
      answered = answerAuth(curve, liar, lie, received, socket);
      if (answered) tell();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ip, resolve);
  });
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

/** True once the lie is told. */
function answerAuth(
  curve: Curve,
  liar: Liar,
  lie: Exclude<TcpLie, 'tcpSilence'>,
  received: Uint8Array,
  socket: TcpSocket,
): boolean {
  if (lie === 'ackGarbage') {
    socket.write(concatBytes(Uint8Array.of(0x01, 0x80), new Uint8Array(0x180).fill(7)));
    return true;
  }
  if (lie === 'ackHuge') {
    socket.write(Uint8Array.of(0xff, 0xff));
    return true;
  }
  if (lie === 'tcpSlow') {
    const drip = setInterval(() => socket.write(Uint8Array.of(0x01)), 1_000);
    socket.on('close', () => clearInterval(drip));
    return true;
  }
  const auth = readAuth(curve, liar.privateKey, received);
  if ('need' in auth) return false;
  const own = { ephemeralKey: keyOf('ephemeral'), nonce: keyOf('nonce') };
  const random = { ephemeralKey: keyOf('seal'), iv: new Uint8Array(16), padding: new Uint8Array(120) };
  const ack = createAck(curve, auth.message.publicKey, own, random);
  const secrets = deriveSecrets(
    curve,
    'responder',
    { ephemeralKey: own.ephemeralKey, remoteEphemeralPublicKey: auth.message.ephemeralPublicKey },
    { initiator: auth.message.nonce, responder: own.nonce },
    { auth: auth.packet, ack },
  );
  const frames = new FrameWriter(secrets);
  const hello = encodeHello({
    p2pVersion: 5,
    clientName: new TextEncoder().encode(`liar/${lie}`),
    capabilities: [{ name: 'eth', version: 68 }],
    listenPort: 0,
    nodeId: curve.publicKey(liar.privateKey),
  });
  socket.write(ack);
  switch (lie) {
    case 'frameHuge':
      socket.write(frames.write(new Uint8Array(12_000_000)).subarray(0, 64));
      return true;
    case 'helloNested':
      socket.write(frames.write(concatBytes(Uint8Array.of(0x80), nestedLists(60_000))));
      return true;
    case 'statusNested':
      socket.write(frames.write(joinMessage(p2pCodes.hello, hello, false)));
      socket.write(frames.write(joinMessage(0x10, nestedLists(60_000), true)));
      return true;
    case 'statusBomb':
      socket.write(frames.write(joinMessage(p2pCodes.hello, hello, false)));
      socket.write(frames.write(concatBytes(Uint8Array.of(0x10), snappyBomb)));
      return true;
  }
}
