import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';

/**
 * The least that a verified packet costs on this machine now, in microseconds of CPU: one key recovery and one UDP round
 * trip.
 */
export interface PacketFloor {
  readonly recoverUs: number;
  readonly udpRoundTripUs: number;
  readonly sumUs: number;
}

const recoveries = 10_000;
const roundTrips = 40_000;
const inFlight = 64;

export async function measurePacketFloor(): Promise<PacketFloor> {
  const recoverUs = await measureRecover();
  const udpRoundTripUs = await measureUdp();
  return { recoverUs, udpRoundTripUs, sumUs: round(recoverUs + udpRoundTripUs) };
}

async function measureRecover(): Promise<number> {
  const curve = await chooseCurve();
  const digest = new Uint8Array(32).fill(3);
  const signature = curve.sign(digest, new Uint8Array(32).fill(7));
  for (let i = 0; i < 1_000; i++) curve.recover(digest, signature);
  const before = process.cpuUsage();
  for (let i = 0; i < recoveries; i++) curve.recover(digest, signature);
  return round(cpuUsSince(before) / recoveries);
}

async function measureUdp(): Promise<number> {
  const echo = fork(fileURLToPath(new URL('./udpEcho.js', import.meta.url)));
  const [port] = await once(echo, 'message');
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const packet = new Uint8Array(200).fill(9);
  const send = (): void => socket.send(packet, port, '127.0.0.1', () => {});
  let returned = 0;
  const us = await new Promise<number>((resolve) => {
    let before = process.cpuUsage();
    const warmUp = roundTrips / 10;
    socket.on('message', () => {
      returned += 1;
      if (returned === warmUp) before = process.cpuUsage();
      if (returned === roundTrips + warmUp) resolve(round(cpuUsSince(before) / roundTrips));
      else send();
    });
    for (let i = 0; i < inFlight; i++) send();
  });
  socket.close();
  echo.disconnect();
  return us;
}

function cpuUsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return round(user + system);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
