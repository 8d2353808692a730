import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { startGeth } from '../../testkit/startGeth.ts';
import { talkDiscv4 } from '../../testkit/talkDiscv4.ts';
import type { Clock } from '../ports.ts';
import { headerHash } from '../wire/blockHeader.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { chooseCurve } from '../wire/secp256k1.ts';
import { systemClock } from './systemClock.ts';
import { systemSockets } from './systemSockets.ts';
import { type DialDeps, dial } from './tcpDialer.ts';
import { type InboundSession, listenTcp } from './tcpListener.ts';

const binary = process.env.GETH;
const mainnet = 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3';
const clock: Clock = { ...systemClock, sleep: async () => assert.fail('nothing here sleeps') };
const never = new AbortController().signal;
const versions = [69, 70, 71, 72] as const;
const headers = [{ by: 'number', number: 0n, amount: 2 }, { by: 'head' }] as const;

function judge({ outcome }: Pick<InboundSession, 'outcome'>, version: number, label: string): void {
  assert.equal(outcome.code, 'ok', label);
  assert.equal(outcome.stage, 'headers', label);
  assert.match(outcome.hello?.clientName ?? '', /^Geth\//, label);
  assert.equal(outcome.status?.ethVersion, version, label);
  assert.equal(bytesToHex(outcome.status?.genesisHash ?? new Uint8Array(0)), mainnet, label);
  assert.equal(bytesToHex(outcome.status?.forkId?.hash ?? new Uint8Array(0)), 'fc64ec04', label);
  for (const { headers } of outcome.headers)
    assert.deepEqual(
      headers.map((raw) => bytesToHex(headerHash(raw))),
      [mainnet],
      label,
    );
}

test('a live geth, dialled and dialling, with each version of eth that it speaks', {
  skip: binary === undefined ? 'GETH names no geth: the recorded sessions stand in for it' : false,
}, async () => {
  assert.ok(binary !== undefined);
  const geth = await startGeth(binary, 30_401);
  try {
    const curve = await chooseCurve();
    for (const [i, version] of versions.entries()) {
      const depsOf = (): DialDeps => ({
        curve,
        random: { ...seededRandom(), bytes: (length) => new Uint8Array(randomBytes(length)) },
        clock,
        sockets: systemSockets,
        privateKey: new Uint8Array(randomBytes(32)),
        clientName: 'forkscope/v0.1.0/test',
        listenPort: 0,
        ethVersions: [version],
        // geth accepts one connection per address every 30 s.
        localAddress: `127.31.8.${i + 1}`,
      });
      const outcome = await dial({ id: geth.id, ip: '127.0.0.1', tcp: geth.port }, { headers }, depsOf(), never);
      judge({ outcome }, version, `dialled, eth/${version}`);

      const own = depsOf();
      const done = new AbortController();
      const session = await new Promise<InboundSession>((resolve, reject) => {
        const options = { ...own, ip: `127.31.9.${i + 1}`, port: 0, headers, onSession: resolve };
        listenTcp(options, done.signal).then(({ local }) => {
          geth.addPeer(`enode://${bytesToHex(curve.publicKey(own.privateKey))}@${local.ip}:${local.port}`);
        }, reject);
      });
      done.abort();
      judge(session, version, `dialling, eth/${version}`);
      assert.deepEqual(session.remoteId, geth.id);
    }
  } finally {
    await geth.stop();
  }
});

test('a live geth bonds over discv4, and gives its record and its neighbours', {
  skip: binary === undefined ? 'GETH names no geth: the recorded bond stands in for it' : false,
}, async () => {
  assert.ok(binary !== undefined);
  const geth = await startGeth(binary, 30_403, { discovery: true });
  try {
    const { outcomes } = await talkDiscv4(await chooseCurve(), {
      peer: geth.version,
      privateKey: bytesToHex(new Uint8Array(randomBytes(32))),
      own: { ip: '127.31.8.42', port: 30_404 },
      contact: { id: bytesToHex(geth.id), ip: '127.0.0.1', udp: geth.port, tcp: geth.port },
    });
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.code === 'ok' ? outcome.kind : outcome.code)),
      ['ping', 'enr', 'findnode'],
    );
  } finally {
    await geth.stop();
  }
});

test('a live geth whose clock is ahead of or behind ours still answers, and the difference is known', {
  skip: binary === undefined ? 'GETH names no geth: a node of ours with another clock stands in for it' : false,
}, async () => {
  assert.ok(binary !== undefined);
  const geth = await startGeth(binary, 30_405, { discovery: true });
  try {
    for (const [i, skewMs] of [-60_000, 90_000, 7_200_000].entries()) {
      const { outcomes } = await talkDiscv4(
        await chooseCurve(),
        {
          peer: geth.version,
          privateKey: bytesToHex(new Uint8Array(randomBytes(32))),
          own: { ip: '127.31.8.43', port: 30_406 + i },
          contact: { id: bytesToHex(geth.id), ip: '127.0.0.1', udp: geth.port, tcp: geth.port },
        },
        () => Date.now() - skewMs,
      );
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.code === 'ok' ? outcome.kind : outcome.code)),
        ['ping', 'enr', 'findnode'],
        `${skewMs} ms`,
      );
      const [pong] = outcomes;
      const told = pong?.code === 'ok' && pong.kind === 'ping' ? pong.clockSkewMs : null;
      assert.ok(told !== null && Math.abs(told - skewMs) <= 2_000, `${told} for ${skewMs} ms`);
    }
  } finally {
    await geth.stop();
  }
});
