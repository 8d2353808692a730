import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { packageRoot } from '../../lib/packageRoot.ts';
import { decodeMinter, parseBlocks, readBlockMinter } from './blockMinter.ts';
import { BlockMinterError } from './errors.ts';

const text = readFileSync(join(packageRoot, 'consortium/testdata/10-blocks-extraData-raftId.jsonl'), 'utf8');
const vanity = '00'.repeat(32);
const signature = `b841${'11'.repeat(65)}`;
const seal = (id: string, length = (id.length + signature.length) / 2): string =>
  `0x${vanity}f8${length.toString(16)}${id}${signature}`;

test('real headers name their minters and count nanoseconds', () => {
  assert.deepEqual(
    parseBlocks(text).map(({ number, raftId, timestampNs }) => [number, raftId, timestampNs]),
    [
      [0, null, 0n],
      [1, 2, 1_795_389_043_742_277_038n],
      [2, 3, 1_795_389_090_028_856_150n],
      [3, 1, 1_795_389_771_379_193_349n],
      [4, 2, 1_795_389_780_030_876_070n],
      [5, 3, 1_795_389_788_853_200_532n],
    ],
  );
});

test('a Raft ID is hexadecimal text: "10" is sixteen', () => {
  assert.equal(decodeMinter(seal('823130')), 16);
  assert.equal(decodeMinter(seal('8466666666')), 0xffff);
  assert.equal(decodeMinter(seal('61')), 10);
});

test('anything but vanity and one exact seal is refused by name', () => {
  const codes: readonly (readonly [string, string])[] = [
    ['', 'extraDataHex'],
    ['0x0', 'extraDataHex'],
    ['0xzz', 'extraDataHex'],
    [`0x${'00'.repeat(2000)}`, 'extraDataHex'],
    ['0x00', 'extraDataVanity'],
    [`0x${vanity}c0`, 'extraDataSeal'],
    [`0x${vanity}${'00'.repeat(65)}`, 'extraDataSeal'],
    [seal('32', 0x45), 'extraDataSeal'],
    [`${seal('32')}00`, 'extraDataSeal'],
    [seal('8132'), 'extraDataSeal'],
    [seal('80'), 'extraDataSeal'],
    [seal('853131313131'), 'extraDataSeal'],
    [`0x${vanity}f84432b840${'11'.repeat(65)}`, 'extraDataSeal'],
    [seal('30'), 'raftIdText'],
    [seal('823032'), 'raftIdText'],
    [seal('7a'), 'raftIdText'],
    [seal('41'), 'raftIdText'],
  ];
  for (const [extraData, code] of codes) {
    assert.throws(
      () => decodeMinter(extraData),
      (error) => error instanceof BlockMinterError && error.code === code,
      extraData.slice(0, 90),
    );
  }
});

test('headers without their fields are refused', () => {
  for (const header of [null, [], {}, { number: '0x1' }, { number: '0x1', timestamp: '0x1' }, { number: 'x' }]) {
    assert.throws(() => readBlockMinter(header), BlockMinterError, JSON.stringify(header));
  }
});

test('mutated seals give a Raft ID or a BlockMinterError', () => {
  const good = seal('32').slice(2);
  fc.assert(
    fc.property(fc.nat(good.length / 2 - 1), fc.nat(255), fc.nat(3), (at, byte, cut) => {
      const hex = good.slice(0, 2 * at) + byte.toString(16).padStart(2, '0') + good.slice(2 * at + 2);
      try {
        const raftId = decodeMinter(`0x${hex.slice(0, hex.length - 2 * cut)}`);
        assert.ok(raftId === null || (raftId >= 1 && raftId <= 0xffff));
      } catch (error) {
        assert.ok(error instanceof BlockMinterError);
      }
    }),
    { seed: 20_261_123, numRuns: 1000 },
  );
});
