import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { displayText } from './displayText.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

describe('displayText', () => {
  test('leaves honest client names alone', () => {
    for (const name of ['Geth/v1.14.0-stable/linux-amd64/go1.22', 'Nimbus ⚡ 日本語 é 🦀'])
      assert.equal(displayText(name), name);
  });

  test('escapes what could deceive or break a line', () => {
    const table: [string, string][] = [
      ['a\nb\r\t\0', 'a\\x0ab\\x0d\\x09\\x00'],
      ['\x1b[31mred', '\\x1b[31mred'],
      ['\x9b31m\x85', '\\u{9b}31m\\u{85}'],
      ['geth\u202egnp.exe', 'geth\\u{202e}gnp.exe'],
      ['\u2066x\u2069\u200f', '\\u{2066}x\\u{2069}\\u{200f}'],
      ['a\u200bb\ufeffc\u00adD', 'a\\u{200b}b\\u{feff}c\\u{ad}D'],
      ['a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
      ['a\u00a0b\u3000', 'a\\u{a0}b\\u{3000}'],
      ['\ud800x\udfff', '\\u{d800}x\\u{dfff}'],
      ['\u{e000}\u{10ffff}', '\\u{e000}\\u{10ffff}'],
      ['\\x0a', '\\\\x0a'],
    ];
    for (const [raw, shown] of table) assert.equal(displayText(raw), shown);
  });

  test('breaks up stacks of combining marks', () => {
    assert.equal(displayText(`e${'\u0301'.repeat(6)}`), `e${'\u0301'.repeat(4)}\\u{301}\\u{301}`);
  });

  test('bytes that are not UTF-8 are shown as bytes', () => {
    const table: [number[], string][] = [
      [[0x47, 0xff, 0x65], 'G\\xffe'],
      [[0xc0, 0x80], '\\xc0\\x80'],
      [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
      [[0xf0, 0x9f, 0xa6, 0x80], '🦀'],
      [[0xf0, 0x9f, 0xa6], '\\xf0\\x9f\\xa6'],
      [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
      [[0xef, 0xbb, 0xbf], '\\u{feff}'],
      [[0xe2, 0x80, 0xae], '\\u{202e}'],
      [[0x80], '\\x80'],
    ];
    for (const [bytes, shown] of table) assert.equal(displayText(Uint8Array.from(bytes)), shown);
  });

  test('caps, and never cuts an escape in two', () => {
    assert.equal(displayText('abcdef', 6), 'abcdef');
    assert.equal(displayText('abcdefg', 6), 'abcde…');
    assert.equal(displayText('abcd\n', 6), 'abcd…');
    assert.equal(displayText('🦀🦀🦀', 3), '🦀🦀🦀');
    assert.equal(displayText('🦀🦀🦀🦀', 3), '🦀🦀…');
    assert.equal(displayText('\n\n', 4), '…');
    assert.equal(displayText(new Uint8Array(1_000_000), 20), `${'\\x00'.repeat(4)}…`);
  });

  test(`whatever comes in, plain text of bounded length comes out (seed ${seed})`, () => {
    const check = (raw: string | Uint8Array): void => {
      const shown = displayText(raw, 50);
      assert.ok([...shown].length <= 50, shown);
      assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
    };
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), check), { seed, numRuns: 500 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), check), { seed, numRuns: 500 });
  });

  test(`different inputs never look the same (seed ${seed})`, () => {
    const text = fc.string({ unit: fc.constantFrom('\\', 'x', '0', 'a', '\n', 'u', '{', '}', '\u202e'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => a === b || displayText(a) !== displayText(b)),
      { seed, numRuns: 2_000 },
    );
  });
});
