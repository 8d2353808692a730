/** What the machine's network and the one in memory do alike: programs are tested on one and run on the other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemSockets } from '../../p2p/net/systemSockets.ts';
import type { ByteStream, ConnectFailure, Sockets } from '../../p2p/ports.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedClock } from '../simulatedClock.ts';
import { MemoryWire } from './memoryWire.ts';

interface Network {
  readonly sockets: Sockets;
  /** Lets time pass until the condition holds. */
  until(what: string, isSo: () => boolean): Promise<void>;
  drive<T>(work: Promise<T>): Promise<T>;
}

const networks: Readonly<Record<string, () => Network>> = {
  'that of the machine': () => ({
    sockets: systemSockets,
    until: async (what, isSo) => {
      for (const end = Date.now() + 30_000; !isSo(); await sleep(5)) assert.ok(Date.now() < end, what);
    },
    drive: (work) => work,
  }),
  'the one in memory': () => {
    const clock = new SimulatedClock();
    const wire = new MemoryWire({ clock, random: seededRandom(), minLatencyMs: 1, maxLatencyMs: 20 });
    const sockets = wire.host({ ips: ['127.0.0.1', '::1'], owns: (ip) => ip.startsWith('127.') });
    return {
      sockets,
      until: async (what, isSo) => {
        for (const end = clock.now() + 30_000; !isSo(); await clock.drive(clock.sleep(5)))
          assert.ok(clock.now() < end, what);
      },
      drive: (work) => clock.drive(work),
    };
  },
};

const ip = '127.31.9.1';

/** What a stream tells its reader. */
function read(stream: ByteStream) {
  const told = { text: '', ended: 0, gone: 0 };
  stream.read({
    bytes: (chunk) => {
      assert.equal(told.ended, 0);
      told.text += Buffer.from(chunk).toString();
    },
    ended: () => {
      told.ended += 1;
    },
    gone: () => {
      assert.equal(told.ended, 1);
      told.gone += 1;
    },
  });
  return told;
}

/** Both ends of a connection, and the server that accepted it. */
async function join({ sockets, until }: Network) {
  const accepted: ByteStream[] = [];
  const server = await sockets.listenTcp({ ip, port: 0, accept: (stream) => void accepted.push(stream) });
  const results: (ByteStream | ConnectFailure)[] = [];
  sockets.connectTcp({ ...server.local, localAddress: '127.31.9.2' }, (result) => results.push(result));
  assert.equal(results.length, 0, 'never before the call returns');
  await until('the connection', () => results.length === 1 && accepted.length === 1);
  const [mine] = results;
  const [theirs] = accepted;
  assert.ok(typeof mine === 'object' && theirs !== undefined, String(mine));
  assert.deepEqual(mine.remote, server.local);
  assert.equal(theirs.remote.ip, '127.31.9.2');
  return { mine, theirs, server };
}

for (const [name, open] of Object.entries(networks)) {
  describe(`the socket ports over ${name}`, () => {
    test('datagrams come with their sender, too large ones are counted, a taken address is an error', async () => {
      const { sockets, until, drive } = open();
      for (const [here, there] of [
        ['127.31.9.1', '127.31.9.2'],
        ['::1', '::1'],
      ] as const) {
        const heard: string[] = [];
        const large: number[] = [];
        const one = await sockets.bindUdp({ ip: here, port: 0, maxBytes: 10, receive: () => {} });
        const other = await sockets.bindUdp({
          ...{ ip: there, port: 0, maxBytes: 10 },
          receive: (bytes, from) => heard.push(`${Buffer.from(bytes)} ${from.ip} ${from.port === one.local.port}`),
          oversized: (from) => large.push(from.port),
        });
        assert.equal(other.local.ip, there);
        one.send(Buffer.from('hello'), other.local);
        one.send(Buffer.from('much too long'), other.local);
        one.send(Buffer.from('nobody'), { ip: there, port: 1 });
        await until('the datagrams', () => heard.length === 1 && large.length === 1);
        assert.deepEqual([heard, large, other.counts.oversized], [[`hello ${here} true`], [one.local.port], 1]);
        await assert.rejects(sockets.bindUdp({ ...other.local, maxBytes: 10, receive: () => {} }), {
          code: 'EADDRINUSE',
        });
        await drive(Promise.all([one.close(), other.close(), other.close()]));
        one.send(Buffer.from('after the close'), other.local);
        const again = await sockets.bindUdp({ ...other.local, maxBytes: 10, receive: () => {} });
        await drive(again.close());
      }
    });

    test('a dial that is refused, one from an address that is not ours, one that is cancelled', async () => {
      const network = open();
      const { sockets, until, drive } = network;
      const { server, mine } = await join(network);
      const told = read(mine);
      mine.destroy();
      await until('the end', () => told.gone === 1);
      await drive(server.close());
      const results: (ByteStream | ConnectFailure)[] = [];
      sockets.connectTcp(server.local, (result) => results.push(result));
      await until('the refusal', () => results.length === 1);
      sockets.connectTcp({ ...server.local, localAddress: '192.0.2.1' }, (result) => results.push(result));
      await until('the second failure', () => results.length === 2);
      const cancel = sockets.connectTcp(server.local, (result) => results.push(result));
      cancel();
      cancel();
      sockets.connectTcp(server.local, (result) => results.push(result));
      await until('the third failure', () => results.length === 3);
      assert.deepEqual(results, ['refused', 'unreachable', 'refused']);
    });

    test('what is written before the other reads is kept, in order; after an end nothing more is sent', async () => {
      const network = open();
      const { mine, theirs, server } = await join(network);
      const here = read(mine);
      for (const text of ['a', 'b', 'c']) mine.write(Buffer.from(text));
      mine.end(10_000);
      mine.write(Buffer.from('d'));
      const there = read(theirs);
      assert.equal(there.text, '', 'never before the call returns');
      theirs.write(Buffer.from('too late to be read'));
      await network.until('both ends', () => here.gone === 1 && there.gone === 1);
      assert.deepEqual(
        [here, there],
        [
          { text: '', ended: 1, gone: 1 },
          { text: 'abc', ended: 1, gone: 1 },
        ],
      );
      for (const stream of [mine, theirs]) {
        stream.write(Buffer.from('x'));
        stream.end(1);
        stream.destroy();
        stream.reset();
      }
      await network.drive(server.close());
    });

    for (const act of ['destroy', 'reset'] as const) {
      test(`${act} ends both sides at once, and the server closes when its streams are gone`, async () => {
        const network = open();
        const { mine, theirs, server } = await join(network);
        const [here, there] = [read(mine), read(theirs)];
        let closed = false;
        const closing = server.close().then(() => {
          closed = true;
        });
        mine.write(Buffer.from('first'));
        await network.until('the bytes', () => there.text === 'first');
        assert.equal(closed, false);
        theirs[act]();
        await network.until('both ends', () => here.gone === 1 && there.gone === 1);
        await network.drive(closing);
        assert.deepEqual([here.ended, there.ended], [1, 1]);
      });
    }

    test('a listener refuses by a reset before it reads a byte', async () => {
      const { sockets, until, drive } = open();
      const server = await sockets.listenTcp({ ip, port: 0, accept: (stream) => stream.reset() });
      const told: string[] = [];
      sockets.connectTcp(server.local, (result) => {
        if (typeof result === 'string') told.push(result === 'reset' ? 'ended' : result);
        else result.read({ bytes: () => assert.fail('nothing was sent'), ended: () => told.push('ended') });
      });
      await until('the end', () => told.length > 0);
      assert.deepEqual(told, ['ended']);
      await drive(server.close());
      await assert.rejects(sockets.listenTcp({ ip: '192.0.2.1', port: 0, accept: () => {} }), {
        code: 'EADDRNOTAVAIL',
      });
    });
  });
}
