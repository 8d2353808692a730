import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDiscv5Node } from '../../testkit/discv5Simulation.ts';
import { type StartedDiscv5, startDiscv5 } from '../../testkit/startDiscv5.ts';
import { until } from '../../testkit/until.ts';
import type { FoundNodes } from '../protocol/discv5Types.ts';
import type { Discv5Asker } from './discv5Asker.ts';
import { visitDiscv5 } from './visitDiscv5.ts';

test('both protocols on one port: each answers, neither sees what is the other’s', async () => {
  for (const [mine, theirs] of [
    ['127.0.0.71', '127.0.0.72'],
    ['::1', '::1'],
  ] as const) {
    const [us, them] = [await startDiscv5(mine), await startDiscv5(theirs)];
    try {
      const v5 = await us.discv5.ping(them.contact);
      assert.ok(v5.code === 'ok', v5.code);
      assert.deepEqual([v5.ourIp, v5.ourUdp], [mine, us.contact.udp]);
      const v4 = await us.ping(them.contact);
      assert.ok(v4.code === 'ok', v4.code);
      const talk = await us.discv5.talk(them.contact, Uint8Array.of(1), Uint8Array.of(2));
      assert.deepEqual([talk.code, talk.sent], ['ok', 1]);
    } finally {
      await Promise.all([us.close(), them.close()]);
    }
    assert.equal((await us.discv5.ping(them.contact)).code, 'closed');
  }
});

test('a visit: handshake, PING, record and the whole table in few packets', async () => {
  const hub = await startDiscv5('127.0.0.73');
  const others: StartedDiscv5[] = [];
  for (let i = 0; i < 60; i++) others.push(await startDiscv5(`127.0.0.${80 + i}`));
  const us = await startDiscv5('127.0.0.74');
  try {
    await Promise.all(others.map(async ({ discv5 }) => assert.equal((await discv5.ping(hub.contact)).code, 'ok')));
    // Each was pinged back, and then has its place.
    await until('a PONG of each', () => hub.discv5.node.sizes.inFlight === 0, { everyMs: 20 });
    const first = await visitDiscv5(us.discv5, hub.contact, { knownSeq: 0n });
    assert.deepEqual([first.code, first.isWhole, first.misplaced], ['ok', true, 0]);
    assert.deepEqual(first.record?.bytes, hub.discv5.node.enr.bytes);
    // We are in it ourselves, and are not named to ourselves.
    assert.ok(first.named.length >= hub.discv5.node.table.size - 1);
    assert.ok(first.sent <= 9, `${first.sent} packets sent`);
    const again = await visitDiscv5(us.discv5, hub.contact, { knownSeq: 1n, walks: false });
    assert.deepEqual([again.code, again.sent, again.received, again.record], ['ok', 1, 1, null]);
    const nobody = await visitDiscv5(us.discv5, { ...hub.contact, ip: '10.0.0.1' }, { knownSeq: 0n });
    assert.deepEqual([nobody.code, nobody.pong, nobody.sent], ['addressRefused', null, 0]);
  } finally {
    await Promise.all([hub, us, ...others].map((one) => one.close()));
  }
});

/** A node whose answer to these distances is as told, and otherwise empty and whole. */
function askerOf(answer: (distances: readonly number[]) => Partial<FoundNodes>) {
  const asked: (readonly number[])[] = [];
  const exchange = { rttMs: 1, sent: 1, received: 1 };
  const nothing = { records: [], misplaced: 0, invalid: 0, refused: 0, packets: 1, total: 1 };
  const asker: Pick<Discv5Asker, 'ping' | 'findnode'> = {
    ping: async () => ({ code: 'ok', kind: 'ping', enrSeq: 1n, ourIp: null, ourUdp: 0, ...exchange }),
    findnode: async (_, distances) => {
      asked.push(distances);
      return { code: 'ok', kind: 'findnode', ...nothing, ...answer(distances), ...exchange };
    },
  };
  return { asked, visit: () => visitDiscv5(asker as Discv5Asker, createDiscv5Node().contact, { knownSeq: 1n }) };
}

test('a table of which a packet is missing is not whole, and the rest of it is walked', async () => {
  const { asked, visit } = askerOf(([first]) => (first === 256 ? { packets: 1, total: 3 } : {}));
  const { code, isWhole } = await visit();
  assert.deepEqual([code, isWhole, asked.length], ['ok', false, 2]);
});

test('records that are bad or misplaced fill an answer as others do: what it left out is asked for', async () => {
  const { asked, visit } = askerOf((distances) =>
    distances.length > 12 ? { invalid: 9, misplaced: 4, refused: 3 } : {},
  );
  assert.equal((await visit()).isWhole, true);
  assert.deepEqual(
    asked.slice(2).map(({ length }) => length),
    [Math.ceil((asked[1]?.length ?? 0) / 2), Math.floor((asked[1]?.length ?? 0) / 2)],
  );
});
