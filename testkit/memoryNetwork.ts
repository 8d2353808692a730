import assert from 'node:assert/strict';
import { DeadlineHeap } from '../lib/deadlineHeap.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import type { Discv4Event } from '../p2p/protocol/discv4Types.ts';
import type { SeededRandom } from './seededRandom.ts';

/** What a machine tells besides what it sends. */
interface MachineEvent {
  readonly event: string;
  readonly send?: never;
}

type MachineOutput<E> = { readonly send: { readonly to: SocketAddress; readonly bytes: Uint8Array } } | E;

/** What a simulated UDP network joins. */
export interface DatagramMachine<E extends MachineEvent = Discv4Event> {
  /** null = the packet is none of its protocol. */
  receive(bytes: Uint8Array, from: SocketAddress, now: number): readonly MachineOutput<E>[] | null;
  tick(now: number): readonly MachineOutput<E>[];
  nextDeadline(): number | null;
}

export interface MemoryNetworkOptions {
  readonly random: SeededRandom;
  /** Each packet takes a time between these; a wide range reorders them. */
  readonly minLatencyMs: number;
  readonly maxLatencyMs: number;
  /** Share of packets lost, 0 to 1. */
  readonly loss: number;
}

export interface Host<E extends MachineEvent = Discv4Event> {
  readonly address: SocketAddress;
  readonly machine: DatagramMachine<E>;
  readonly events: E[];
}

interface Delivery {
  readonly to: SocketAddress;
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
}

/** Joins machines over a network of its own with one virtual clock (ms), the same every time for one seed. */
export class MemoryNetwork<E extends MachineEvent = Discv4Event> {
  now = 1_800_000_000_000;
  readonly sent: Delivery[] = [];
  /** Packets to addresses where nobody listens. */
  lostToNobody = 0;
  /** May drop or change a packet on its way: null drops it. */
  tamper: (delivery: Delivery) => Uint8Array | null = ({ bytes }) => bytes;
  readonly #options: MemoryNetworkOptions;
  // BOUNDED: by the scenario.
  readonly #hosts = new Map<string, Host<E>>();
  readonly #underway = new DeadlineHeap<Delivery>();

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  add(address: SocketAddress, machine: DatagramMachine<E>): Host<E> {
    const host: Host<E> = { address, machine, events: [] };
    this.#hosts.set(keyOf(address), host);
    return host;
  }

  /** Carries out what a machine wants. */
  apply(host: Host<E>, outputs: readonly MachineOutput<E>[]): void {
    for (const output of outputs) {
      if (output.send !== undefined) this.post(host.address, output.send.to, output.send.bytes);
      else host.events.push(output);
    }
  }

  post(from: SocketAddress, to: SocketAddress, bytes: Uint8Array): void {
    const { random, loss, minLatencyMs, maxLatencyMs } = this.#options;
    assert.ok(bytes.length <= 1280, `a packet of ${bytes.length} bytes, seed ${random.seed}`);
    const delivery = { from, to, bytes };
    this.sent.push(delivery);
    const arriving = this.tamper(delivery);
    if (arriving === null || random.next() < loss) return;
    const latency = minLatencyMs + random.next() * (maxLatencyMs - minLatencyMs);
    this.#underway.add(this.now + latency, { ...delivery, bytes: arriving });
  }

  /** Lets `ms` pass, or less if nothing more is due. */
  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#nextEvent();
      if (next === null || next > end) break;
      this.now = Math.max(this.now, next);
      for (let due = this.#underway.takeDue(this.now); due !== undefined; due = this.#underway.takeDue(this.now)) {
        const { bytes, from, to } = due.item;
        const host = this.#hosts.get(keyOf(to));
        if (host === undefined) this.lostToNobody++;
        else this.apply(host, host.machine.receive(bytes, from, this.now) ?? []);
      }
      for (const host of this.#hosts.values()) {
        const deadline = host.machine.nextDeadline();
        if (deadline !== null && deadline <= this.now) this.apply(host, host.machine.tick(this.now));
      }
    }
    this.now = end;
  }

  #nextEvent(): number | null {
    const deadlines = [...this.#hosts.values()].map((host) => host.machine.nextDeadline());
    const times = [...deadlines, this.#underway.next()].filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }
}

function keyOf(address: SocketAddress): string {
  return `${address.ip} ${address.port}`;
}
