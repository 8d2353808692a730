import assert from 'node:assert/strict';
import type { Discv5Asker } from '../p2p/net/discv5Asker.ts';
import { type Discv4Pump, pumpDatagrams } from '../p2p/net/pumpDatagrams.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { systemSockets } from '../p2p/net/systemSockets.ts';
import type { Discv5Output } from '../p2p/protocol/discv5Types.ts';
import { formatEnr } from '../p2p/wire/enr.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { createTestNode } from './discv4TestNode.ts';
import { createDiscv5Node, type Discv5TestOptions } from './discv5Simulation.ts';

export interface StartedDiscv5 extends Discv4Pump {
  readonly discv5: Discv5Asker;
  readonly contact: NodeContact;
  /** Its record as text. */
  readonly enr: string;
  readonly outputs: readonly Discv5Output[];
}

/** One identity of ours that speaks discv4 and discv5 on one port of the system. */
export async function startDiscv5(ip: string, options: Discv5TestOptions = {}): Promise<StartedDiscv5> {
  const privateKey = systemRandom.bytes(32);
  // The port comes first: the record names it.
  const probe = await systemSockets.bindUdp({ ip, port: 0, maxBytes: 1, receive: () => {} });
  const at = probe.local;
  await probe.close();
  const { node: discv5, contact } = createDiscv5Node({ privateKey, at, random: systemRandom, ...options });
  const { node } = createTestNode({ privateKey, random: systemRandom });
  const outputs: Discv5Output[] = [];
  const pump = await pumpDatagrams({
    node,
    clock: systemClock,
    sockets: systemSockets,
    bind: [at],
    discv5: { node: discv5, observe: (output) => outputs.push(output) },
  });
  assert.ok(pump.discv5 !== null);
  return { ...pump, discv5: pump.discv5, contact, enr: formatEnr(discv5.enr), outputs };
}
