import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutate } from '../../testkit/fuzz.ts';
import { nestedLists } from '../../testkit/nestedLists.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import { decodeEnr, ethEntry, formatEnr, maxEnrBytes, parseEnr, readEnr, signEnr } from './enr.ts';
import { WireError, type WireErrorCode } from './errors.ts';
import { keccak256 } from './keccak.ts';
import { idHash } from './nodeEndpoint.ts';
import { encodeRlp, type RlpInput } from './rlp.ts';
import { chooseCurve } from './secp256k1.ts';

const curve = await chooseCurve();
// ethereum/devp2p enr.md, "Test Vectors".
const example =
  'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8';
const exampleKey = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291');

function refuses(work: () => unknown, code: WireErrorCode, message: string): void {
  assert.throws(
    work,
    (error) => {
      assert.ok(error instanceof WireError, `${message}: ${String(error)}`);
      assert.equal(error.code, code, message);
      return true;
    },
    message,
  );
}

/** Signs any content, so that only the rule under test is broken. */
function signed(content: readonly RlpInput[]): Uint8Array {
  return encodeRlp([curve.sign(keccak256(encodeRlp(content)), exampleKey).subarray(0, 64), ...content]);
}
const compressed = curve.compress(curve.publicKey(exampleKey));
const basics: RlpInput[] = ['id', 'v4', 'secp256k1', compressed];

test("the specification's example is read and verified", () => {
  const enr = parseEnr(curve, example);
  assert.equal(enr.seq, 1n);
  assert.equal(bytesToHex(idHash(enr.id)), 'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7');
  assert.equal(formatEnr(enr), example);
  assert.deepEqual(readEnr(enr), {
    seq: 1n,
    text: example,
    eth: null,
    ip: '127.0.0.1',
    udp: 30303,
    tcp: null,
    ip6: null,
    udp6: null,
    tcp6: null,
    keys: ['id', 'ip', 'secp256k1', 'udp'],
  });
});

test('what we sign is the example byte for byte, except for the nonce of its signature', () => {
  const pairs = { udp: 30303, ip: Uint8Array.of(127, 0, 0, 1) };
  const enr = signEnr(curve, exampleKey, { seq: 1n, pairs });
  assert.deepEqual(enr.bytes.subarray(68), parseEnr(curve, example).bytes.subarray(68));
  assert.deepEqual(decodeEnr(curve, enr.bytes), enr);
});

test('a record keeps every key, known or not, in byte order', () => {
  const pairs = {
    eth: ethEntry({ hash: hexToBytes('07c9462e'), next: 0n }),
    snap: [],
    zz: [[Uint8Array.of(1)], 'deep'],
    tcp6: 30304,
    udp6: 30305,
    ip6: hexToBytes('20010db8000000000000000000000001'),
    opel: [1, 2, [3]],
    left: undefined,
  };
  const enr = decodeEnr(curve, signEnr(curve, exampleKey, { seq: 2n ** 64n - 1n, pairs }).bytes);
  const content = readEnr(enr);
  assert.equal(content.seq, 18446744073709551615n);
  assert.deepEqual(content.eth, { hash: hexToBytes('07c9462e'), next: 0n });
  assert.deepEqual([content.ip6, content.tcp6, content.udp6, content.tcp], ['2001:db8::1', 30304, 30305, null]);
  assert.deepEqual(content.keys, ['eth', 'id', 'ip6', 'opel', 'secp256k1', 'snap', 'tcp6', 'udp6', 'zz']);
  assert.deepEqual(enr.pairs.get('zz'), [[Uint8Array.of(1)], Uint8Array.from(Buffer.from('deep'))]);
});

test('an impossible value of a known key reads as absent, and the record stands', () => {
  const odd = { ip: Uint8Array.of(1, 2, 3), udp: hexToBytes('010000'), eth: 'oops', tcp: [1], ip6: Uint8Array.of(9) };
  const content = readEnr(signEnr(curve, exampleKey, { seq: 5n, pairs: odd }));
  assert.deepEqual([content.ip, content.udp, content.eth, content.tcp, content.ip6], [null, null, null, null, null]);
});

test('each rule of the record has its own code', () => {
  const good = parseEnr(curve, example).bytes;
  const forged = good.slice();
  forged[forged.length - 1]! ^= 1;
  const cases: [string, Uint8Array, WireErrorCode][] = [
    ['forged port', forged, 'enrSignature'],
    ['65-byte signature', encodeRlp([new Uint8Array(65), 1, ...basics]), 'enrSignature'],
    ['unsorted keys', signed([1, 'secp256k1', compressed, 'id', 'v4']), 'enrKeyOrder'],
    ['the same key twice', signed([1, 'id', 'v4', 'id', 'v4', 'secp256k1', compressed]), 'enrKeyOrder'],
    ['a key without value', signed([1, ...basics, 'udp']), 'rlpCount'],
    ['another scheme', signed([1, 'id', 'v5', 'secp256k1', compressed]), 'enrScheme'],
    ['no scheme', signed([1, 'secp256k1', compressed]), 'enrScheme'],
    ['no key', signed([1, 'id', 'v4']), 'enrKey'],
    ['a list as key', signed([1, 'id', 'v4', 'secp256k1', [compressed]]), 'enrKey'],
    [
      'a key off the curve',
      signed([1, 'id', 'v4', 'secp256k1', concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(255))]),
      'curveKey',
    ],
    ['an uncompressed key', signed([1, 'id', 'v4', 'secp256k1', curve.publicKey(exampleKey)]), 'curveKey'],
    ['seq of nine bytes', signed([2n ** 64n, ...basics]), 'rlpInteger'],
    ['seq with a leading zero', signed([Uint8Array.of(0, 1), ...basics]), 'rlpInteger'],
    ['a list as name of a key', signed([1, [], 'v4', ...basics]), 'rlpKind'],
    ['bytes after the record', concatBytes(good, Uint8Array.of(1)), 'rlpTrailing'],
    ['no list', encodeRlp('enr'), 'rlpKind'],
    ['an empty list', encodeRlp([]), 'rlpCount'],
    ['nothing', new Uint8Array(0), 'rlpEmpty'],
    ['301 bytes', new Uint8Array(maxEnrBytes + 1), 'enrSize'],
    ['60 kB of nested lists', nestedLists(20_000), 'enrSize'],
    ['nested lists within the size', nestedLists(150), 'rlpDepth'],
  ];
  for (const [what, bytes, code] of cases) refuses(() => decodeEnr(curve, bytes), code, what);
});

test('300 bytes are accepted and 301 are not made', () => {
  const base = signEnr(curve, exampleKey, { seq: 1n, pairs: {} }).bytes.length;
  // 'zz' costs 3 bytes, a string of 56 bytes or more 2, and the list's own head grows by one.
  const room = maxEnrBytes - base - 3 - 2 - 1;
  assert.equal(signEnr(curve, exampleKey, { seq: 1n, pairs: { zz: new Uint8Array(room).fill(1) } }).bytes.length, 300);
  const tooMuch = { zz: new Uint8Array(room + 1).fill(1) };
  refuses(() => signEnr(curve, exampleKey, { seq: 1n, pairs: tooMuch }), 'enrSize', '301 bytes');
});

test('the text form has its own code', () => {
  for (const text of [
    '',
    'enr:',
    example.slice(4),
    `${example}=`,
    `${example} `,
    'enr:a+b/',
    `enr:${'A'.repeat(401)}`,
  ]) {
    refuses(() => parseEnr(curve, text), 'enrText', text);
  }
});

test('mutated records give a value or a WireError, and a value only when the signature holds', () => {
  const random = seededRandom();
  const seeds = [
    parseEnr(curve, example).bytes,
    signEnr(curve, exampleKey, {
      seq: 9n,
      pairs: { eth: ethEntry({ hash: hexToBytes('07c9462e'), next: 0n }), zz: [[[[]]]] },
    }).bytes,
  ];
  const codes = new Set<string>();
  for (let i = 0; i < 6000; i++) {
    const bytes = mutate(random.pick(seeds), random);
    try {
      const enr = decodeEnr(curve, bytes);
      assert.ok(
        seeds.some((seed) => Buffer.compare(seed, enr.bytes) === 0),
        `accepted a change, seed ${random.seed}`,
      );
    } catch (error) {
      assert.ok(error instanceof WireError, `${bytesToHex(bytes)}: ${String(error)}, seed ${random.seed}`);
      codes.add(error.code);
    }
  }
  assert.ok(codes.size >= 6, [...codes].join(', '));
});
