import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { forkChainsafe } from '../../testkit/forkChainsafe.ts';
import { startDiscv5 } from '../../testkit/startDiscv5.ts';
import { logDistance } from '../protocol/kademliaTable.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { parseEnr, readEnr } from '../wire/enr.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import { visitDiscv5 } from './visitDiscv5.ts';

/** @chainsafe/discv5 is what Lodestar runs: an implementation of others, in a process of its own. */

function contactOf(text: string): NodeContact {
  const enr = parseEnr(curve, text);
  const { ip, udp, tcp } = readEnr(enr);
  return { id: enr.id, ip: ip ?? '', udp: udp ?? 0, tcp: tcp ?? 0, record: enr.bytes };
}

test('real peers are visited, name each other, and ask us', async () => {
  const peers = await forkChainsafe({ prefix: '127.34', port: 30_403, count: 24 });
  const us = await startDiscv5('127.34.9.1');
  try {
    const [first = '', second = '', ...others] = peers.enrs;
    const visit = await visitDiscv5(us.discv5, contactOf(first), { knownSeq: 0n });
    assert.deepEqual([visit.code, visit.isWhole, visit.misplaced], ['ok', true, 0]);
    assert.equal(bytesToHex(visit.record?.id ?? new Uint8Array()), bytesToHex(contactOf(first).id));
    assert.equal(visit.pong?.ourIp, '127.34.9.1');
    // A table of 23: all at 256 (about 12), and the rest in one request or a few.
    assert.ok(visit.named.length >= 21 && visit.sent <= 10, `${visit.named.length} named, ${visit.sent} packets sent`);
    const knownSeq = visit.record?.seq ?? 0n;
    const again = await visitDiscv5(us.discv5, contactOf(first), { knownSeq, walks: false });
    assert.deepEqual([again.code, again.sent], ['ok', 1]);
    for (const enr of others.slice(0, 4)) {
      assert.equal((await visitDiscv5(us.discv5, contactOf(enr), { knownSeq: 0n, walks: false })).code, 'ok');
    }
    const talk = await us.discv5.talk(contactOf(second), Buffer.from('none'), new Uint8Array(0));
    assert.ok(talk.code === 'ok' && talk.data.length === 0, talk.code);

    // And the other way: those who answered us are in our table.
    const hash = idHash(us.node.id);
    const known = [first, ...others.slice(0, 4)].map((enr) => logDistance(hash, idHash(contactOf(enr).id)));
    const asked = await peers.ask({ enr: us.enr, distances: [...new Set(known)] });
    assert.deepEqual([asked.own, asked.talk], [[us.enr], '']);
    assert.equal(asked.pong.port, 30_403);
    assert.ok(asked.found.length >= 5, `${asked.found.length} found`);
  } finally {
    await us.close();
    await peers.stop();
  }
});
