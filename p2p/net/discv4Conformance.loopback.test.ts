import { test } from 'node:test';
import { conformanceCases, type TesterPort } from '../../testkit/discv4Conformance.ts';
import { createTestNode, testCurve } from '../../testkit/discv4TestNode.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { maxReadPacketBytes } from '../wire/discv4.ts';
import { pumpDatagrams } from './pumpDatagrams.ts';
import { systemClock } from './systemClock.ts';
import { systemSockets } from './systemSockets.ts';

/** A tester's address on a real socket. */
async function openTesterPort(ip: string, target: { ip: string; port: number }): Promise<TesterPort & AsyncDisposable> {
  const queue: Uint8Array[] = [];
  let arrived = new AbortController();
  const socket = await systemSockets.bindUdp({
    ip,
    port: 0,
    maxBytes: maxReadPacketBytes,
    receive(bytes) {
      queue.push(bytes);
      arrived.abort();
      arrived = new AbortController();
    },
  });
  return {
    address: socket.local,
    send: (bytes) => socket.send(bytes, target),
    async read(patient = false) {
      if (queue.length === 0) await systemClock.sleep(patient ? 5_000 : 300, arrived.signal);
      return queue.shift() ?? null;
    },
    [Symbol.asyncDispose]: () => socket.close(),
  };
}

test('the 15 conformance cases pass over real sockets, testers at 127.0.0.1 and 127.0.0.2', async (t) => {
  for (const [name, run] of Object.entries(conformanceCases)) {
    await t.test(name, async () => {
      const pump = await pumpDatagrams({
        node: createTestNode().node,
        clock: systemClock,
        sockets: systemSockets,
        bind: [{ ip: '127.0.0.9', port: 0 }],
      });
      const address = pump.sockets[0]!.local;
      const first = await openTesterPort('127.0.0.1', address);
      const second = await openTesterPort('127.0.0.2', address);
      try {
        const { id } = pump.node;
        await run({ curve: testCurve, random: seededRandom(), id, address, now: Date.now, first, second });
      } finally {
        await Promise.all([first, second].map((port) => port[Symbol.asyncDispose]()));
        await pump.close();
      }
    });
  }
});
