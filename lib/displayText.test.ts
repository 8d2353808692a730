import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayText } from './displayText.ts';

test('ordinary names stay as they are', () => {
  for (const text of [
    'Geth/v1.10.3-stable-991384a7/linux-amd64/go1.16.3',
    'Nethermind/v1.26.0+0068729c',
    '节点 <b>',
    '',
  ]) {
    assert.equal(displayText(text), text);
  }
});

test('what moves, hides or reorders text is escaped', () => {
  assert.equal(displayText('\u001b[31mred\r\n\0'), '\\x1b[31mred\\x0d\\x0a\\x00');
  assert.equal(displayText('a\u202eb\u200bc\u2028d\ufeffe\u00a0f'), 'a\\u{202e}b\\u{200b}c\\u{2028}d\\u{feff}e\\xa0f');
  assert.equal(displayText('\ud800x'), '\\u{d800}x');
  assert.equal(displayText('e\u0301\u0301'), 'e\\u{301}\\u{301}');
  assert.equal(displayText('\\x1b'), '\\\\x1b');
});

test('the length is capped and no character is cut in two', () => {
  assert.equal(displayText('abcdef', 4), 'abc…');
  assert.equal(displayText('abcd', 4), 'abcd');
  assert.equal(displayText('ab😀😀', 5), 'ab😀…');
  assert.equal(displayText('x'.repeat(1_000_000)).length, 256);
});

test('whatever comes in, only safe characters within the cap come out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.integer({ min: 1, max: 300 }), (text, max) => {
      const shown = displayText(text, max);
      assert.ok(shown.length <= max);
      assert.doesNotMatch(shown, /[\p{C}\p{M}]|(?! )\p{Z}/u);
    }),
    { numRuns: 1000 },
  );
});
