import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import {
  decodeDisconnect,
  decodeHello,
  disconnectReasons,
  encodeDisconnect,
  encodeHello,
  maxHelloBytes,
} from './hello.ts';
import { encodeRlp, type RlpInput } from './rlp.ts';
import { compressBlock } from './snappyBlock.ts';

const eip8Hello = hexToBytes(readTestdata('p2p/wire/testdata/eip8.json').hello);
const utf8 = new TextEncoder();
const nodeId = new Uint8Array(64).fill(7);

function refuses(payload: Uint8Array, code: string, message: string): void {
  assert.throws(
    () => decodeHello(payload),
    (error) => error instanceof WireError && error.code === code,
    message,
  );
}

function helloOf(change: Partial<Record<'name' | 'caps' | 'id' | 'version', RlpInput>>): Uint8Array {
  return encodeRlp([change.version ?? 5, change.name ?? 'x', change.caps ?? [['eth', 68]], 0, change.id ?? nodeId]);
}

test('the Hello of EIP-8: a version of its own, additional elements', () => {
  const hello = decodeHello(eip8Hello);
  assert.equal(hello.p2pVersion, 0x37);
  assert.equal(new TextDecoder().decode(hello.clientName), 'kneth/v0.91/plan9');
  assert.deepEqual(hello.capabilities, [
    { name: 'eth', version: 61 },
    { name: 'mork', version: 22 },
  ]);
  assert.equal(hello.listenPort, 9999);
  assert.equal(hello.nodeId.length, 64);
});

test('a Hello of ours comes back as it was', () => {
  const hello = {
    p2pVersion: 5,
    clientName: utf8.encode('forkscope/v0.1.0/linux-x64/node20'),
    capabilities: [
      { name: 'eth', version: 63 },
      { name: 'eth', version: 72 },
    ],
    listenPort: 30303,
    nodeId,
  };
  assert.deepEqual(decodeHello(encodeHello(hello)), { ...hello, shortened: false });
});

test('what is out of bounds is refused', () => {
  refuses(helloOf({ id: new Uint8Array(65) }), 'rlpSize', 'id of 65');
  refuses(helloOf({ id: new Uint8Array(128) }), 'rlpSize', 'id of 128');
  refuses(helloOf({ id: new Uint8Array(2) }), 'rlpSize', 'id of 2');
  refuses(helloOf({ caps: [['eth']] }), 'rlpCount', 'capability without version');
  refuses(helloOf({ caps: ['eth'] }), 'rlpKind', 'capability that is no list');
  refuses(new Uint8Array(maxHelloBytes + 1), 'messageSize', 'size, before anything is read');
  refuses(encodeRlp([5, 'x', [], 0]), 'rlpCount', 'no id');
});

test('a name or a list of capabilities that is too long is shortened, not lost', () => {
  const exact = decodeHello(helloOf({ name: 'x'.repeat(1024), caps: Array.from({ length: 64 }, () => ['eth', 68]) }));
  assert.deepEqual([exact.clientName.length, exact.capabilities.length, exact.shortened], [1024, 64, false]);
  const long = decodeHello(helloOf({ name: `Geth/${'x'.repeat(1495)}` }));
  assert.deepEqual([long.clientName.length, long.capabilities.length, long.shortened], [1024, 1, true]);
  const wide = decodeHello(helloOf({ name: `${'x'.repeat(1022)}節點` }));
  assert.equal(
    new TextDecoder('utf-8', { fatal: true }).decode(wide.clientName),
    'x'.repeat(1022),
    'no half character',
  );
  const offers = [...Array.from({ length: 69 }, (_, i) => [`a${i}`, 1]), ['eth', 68]];
  const many = decodeHello(helloOf({ caps: offers }));
  assert.deepEqual([many.capabilities.length, many.shortened], [64, true]);
  assert.deepEqual(many.capabilities[0], { name: 'eth', version: 68 }, 'the last of 70 is the one that counts');
  const both = decodeHello(helloOf({ name: 'x'.repeat(1500), caps: offers }));
  assert.deepEqual([both.clientName.length, both.capabilities.length, both.shortened], [1024, 64, true]);
  assert.equal(decodeHello(helloOf({ name: new Uint8Array(2_000).fill(0x80) })).clientName.length, 1024, 'no UTF-8');
});

test('a client name is kept as it came, and an unprintable capability left out', () => {
  const name = Uint8Array.of(0xff, 0x00, 0x1b, 0x5b);
  const hello = decodeHello(
    helloOf({
      name,
      caps: [
        ['eth', 68],
        [name, 1],
        ['', 1],
        ['y'.repeat(33), 1],
        ['snap', 1],
      ],
    }),
  );
  assert.deepEqual(hello.clientName, name);
  assert.deepEqual(
    hello.capabilities.map((cap) => cap.name),
    ['eth', 'snap'],
  );
});

test('mutants of Hello give a value or a WireError', () => {
  fuzzDecoder([eip8Hello, helloOf({})], decodeHello, 1000);
});

test('Disconnect in all its encodings', () => {
  const table: [string, number | null, string][] = [
    ['c104', 4, 'list, as the spec says'],
    ['04', 4, 'bare byte (EthereumJS)'],
    ['10', 0x10, 'bare byte 10'],
    ['c110', 0x10, 'list, subprotocol'],
    ['c180', 0, 'list with a canonical 0'],
    ['c100', 0, 'list with the byte 00'],
    ['00', 0, 'bare 00'],
    ['80', 0, 'bare canonical 0'],
    ['c0', 0, 'empty list'],
    ['', 0, 'nothing at all'],
    ['82c104', 4, 'a string that wraps a list (bor)'],
    ['c28104', 4, 'a byte that needed no prefix'],
    ['c20405', 4, 'more elements'],
    ['0204c104', 4, 'compressed list'],
    ['010004', 4, 'compressed bare byte'],
    ['030882c104', 4, 'compressed string that wraps a list'],
    ['0100c0', 0, 'compressed empty list'],
    ['020cc104', null, 'compressed, corrupt'],
    ['8201ff', null, 'an integer of two bytes'],
    ['c1', null, 'short list'],
    ['c10404', null, 'bytes after the list'],
    ['0404', null, 'two bytes'],
    ['f8', null, 'long form without a length'],
    ['ffffffffff0f', null, 'a bomb'],
  ];
  for (const [hex, reason, what] of table) assert.equal(decodeDisconnect(hexToBytes(hex)), reason, `${hex}: ${what}`);
});

test('every reason of the spec has its words, and ours are read back plain and compressed', () => {
  assert.deepEqual(Object.keys(disconnectReasons).map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16]);
  for (const reason of Object.keys(disconnectReasons).map(Number)) {
    assert.equal(decodeDisconnect(encodeDisconnect(reason)), reason);
    assert.equal(decodeDisconnect(compressBlock(encodeDisconnect(reason))), reason);
  }
});

test('mutants of Disconnect never throw', () => {
  const samples = ['c104', '82c104', '0204c104'].map(hexToBytes);
  // The harness wants a refusal: null is one here.
  fuzzDecoder(
    samples,
    (bytes) => {
      if (decodeDisconnect(bytes) === null) throw new WireError({ code: 'messageField', field: 'reason' });
    },
    500,
  );
});
