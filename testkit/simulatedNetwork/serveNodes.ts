import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import type { ByteStream, Cancel, Clock, DatagramSocket, SocketAddress } from '../../p2p/ports.ts';
import { concatBytes } from '../../p2p/wire/bytes.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import { FakeEthPeer } from '../fakeEthPeer.ts';
import { Callers, type ProvenCall } from './callers.ts';
import { addressOf, groupsByNode, listensOnTcp, portOf, privateKeyOf } from './networkPlan.ts';
import type { NodeServing } from './nodeServing.ts';
import { protocolTables } from './protocolTables.ts';
import type { ChainView, SimulatedChain } from './simulatedChain.ts';
import { SimulatedDiscv5 } from './simulatedDiscv5.ts';
import { peerConfigOf, recordOf } from './simulatedIdentity.ts';
import { type Lie, SimulatedNodes, type SimulatedSend } from './simulatedNodes.ts';
import { staleForkId } from './simulatedWorld.ts';

/** Nodes by their numbers; `to` is none of them. */
export interface NodeShare {
  readonly from: number;
  readonly to: number;
}

export interface ServedNodes {
  readonly counts: SimulatedNodes['counts'] & { readonly sessions: number };
  /** What came of the calls of those behind NAT, oldest first. */
  readonly calls: readonly ProvenCall[];
  readonly lies: readonly Lie[];
  close(): Promise<void>;
}

/** geth also gives up a session that stalls. */
const sessionMs = 30_000;
/** A node announces its blocks again after this many new ones. */
const blocksPerUpdate = 32;
const maxPacketBytes = 2_048;

/** Puts a share of the nodes of a simulated network on their sockets. Resolves when each of them listens. */
export async function serveNodes(serving: NodeServing, { from, to }: NodeShare): Promise<ServedNodes> {
  const { curve, clock, random, plan, world } = serving;
  const groups = groupsByNode(plan.groups);
  const callers = new Callers(serving);
  const tables = protocolTables(plan);
  const records = createRecords(serving, groups);
  const isKnown = (index: number, now: number) => world.isKnownAt(index, groupAt(groups, index), now);
  const discv5 = new SimulatedDiscv5({ curve, random, plan, tables: tables.discv5, record: records, isKnown });
  const nodes = new SimulatedNodes(
    {
      curve,
      plan,
      tables: tables.discv4,
      record: records,
      seq: (index, now) => world.phaseAt(index, groupAt(groups, index), now).seq,
      isUp: (index, now) => world.phaseAt(index, groupAt(groups, index), now).up,
      isKnown,
      callers,
      discv5,
    },
    from,
  );
  let sessions = 0;
  const closers: (() => Promise<void>)[] = [];
  const accept = (index: number, group: ScenarioNodeGroup, stream: ByteStream): void => {
    const phase = world.phaseAt(index, group, clock.now());
    if (!phase.up) {
      stream.destroy();
      return;
    }
    sessions += 1;
    serveSession(serving, index, group, stream);
  };
  for (let index = from; index < to; index++) {
    const group = groupAt(groups, index);
    if (group.reachability === 'dead') continue;
    const at = { ip: addressOf(plan, index), port: portOf(index) };
    const socket = await openUdp(serving, nodes, index, at);
    closers.push(() => socket.close());
    if (group.calls !== undefined) {
      const stop = callers.start(index, group, at, socket);
      closers.push(async () => stop());
    }
    if (!listensOnTcp(group)) continue;
    const server = await serving.sockets.listenTcp({ ...at, accept: (stream) => accept(index, group, stream) });
    closers.push(() => server.close());
  }
  return {
    get counts() {
      return { ...nodes.counts, sessions };
    },
    calls: callers.proven,
    lies: nodes.lies,
    close: async () => {
      callers.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
}

function groupAt(groups: readonly ScenarioNodeGroup[], index: number): ScenarioNodeGroup {
  const group = groups[index];
  if (group === undefined) throw new RangeError(`no node ${index}`);
  return group;
}

/** The record of a node at a moment; the newest of each is kept. */
function createRecords(
  { curve, plan, world }: NodeServing,
  groups: readonly ScenarioNodeGroup[],
): (index: number, now: number) => Uint8Array {
  /** BOUNDED: by the nodes. */
  const records: ({ readonly seq: bigint; readonly bytes: Uint8Array } | undefined)[] = [];
  return (index, now) => {
    const group = groupAt(groups, index);
    const phase = world.phaseAt(index, group, now);
    const known = records[index];
    if (known !== undefined && known.seq === phase.seq) return known.bytes;
    const address = { ip: addressOf(plan, index), port: portOf(index) };
    const forkId = group.record === 'stale' ? staleForkId(world.chainOf(group), world.startedAt) : phase.forkId;
    const bytes = recordOf(
      curve,
      privateKeyOf(plan, index),
      address,
      group,
      { seq: phase.seq, forkId },
      world.startedAt,
    );
    records[index] = { seq: phase.seq, bytes };
    return bytes;
  };
}

async function openUdp(
  { clock, sockets }: NodeServing,
  nodes: SimulatedNodes,
  index: number,
  at: SocketAddress,
): Promise<DatagramSocket> {
  const socket = await sockets.bindUdp({
    ...at,
    maxBytes: maxPacketBytes,
    receive: (bytes, from) => {
      for (const one of nodes.receive(index, bytes, from, clock.now())) {
        if (one.delayMs < 1) send(one);
        else clock.after(one.delayMs, () => send(one));
      }
    },
  });
  const send = ({ bytes, to }: SimulatedSend): void => socket.send(bytes, to);
  return socket;
}

function serveSession(
  { curve, clock, random, plan, world }: NodeServing,
  index: number,
  group: ScenarioNodeGroup,
  stream: ByteStream,
): void {
  const own = world.chainOf(group);
  const now = clock.now();
  const config = peerConfigOf(group, own, world.phaseAt(index, group, now), world.viewAt(index, group, now));
  const peer = new FakeEthPeer({ curve, random, privateKey: privateKeyOf(plan, index) }, { at: 'responder' }, config);
  let activeAt = now;
  const cutIdle = (): Cancel =>
    clock.after(activeAt + sessionMs - clock.now(), () => {
      if (clock.now() >= activeAt + sessionMs) stream.destroy();
      else stopIdle = cutIdle();
    });
  let stopIdle = cutIdle();
  const write = (bytes: Uint8Array): void => {
    activeAt = clock.now();
    stream.write(bytes);
  };
  const view = (): ChainView => world.viewAt(index, group, clock.now());
  const stopUpdates = sayRanges({ clock, peer, chain: own.chain, view, write });
  stream.read({
    bytes: (chunk) => {
      activeAt = clock.now();
      try {
        const out = peer.receive(chunk);
        if (out.length > 0) write(concatBytes(...out));
        if (peer.heard.disconnects.length > 0 || peer.hasRefused) stream.end(sessionMs);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        stream.destroy();
      }
    },
    ended: () => {
      stopUpdates();
      stopIdle();
    },
  });
}

/** Announces the node's blocks again and again until it is stopped. */
function sayRanges({
  clock,
  peer,
  chain,
  view,
  write,
}: {
  readonly clock: Clock;
  readonly peer: FakeEthPeer;
  readonly chain: SimulatedChain;
  readonly view: () => ChainView;
  readonly write: (bytes: Uint8Array) => void;
}): Cancel {
  const { first: earliest, blockMs } = chain.plan;
  const again = (): Cancel =>
    clock.after(blocksPerUpdate * blockMs, () => {
      const { branch, head } = view();
      const range =
        head < earliest ? null : peer.sayRange({ earliest, latest: head, latestHash: chain.hashOf(branch, head) });
      if (range !== null) write(range);
      stop = again();
    });
  let stop = again();
  return () => stop();
}
