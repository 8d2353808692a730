import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExactJson } from './exactJson.ts';

const parse = (text: string): unknown => {
  const result = parseExactJson(text);
  assert.ok('json' in result, text);
  return result.json;
};

test('whole numbers beyond 2^53 come as text, all others as they are', () => {
  assert.deepEqual(parse('{"a": 90000000000000000000000, "b": [9007199254740991, 9007199254740993], "c": -1}'), {
    a: '90000000000000000000000',
    b: [9007199254740991, '9007199254740993'],
    c: -1,
  });
  assert.deepEqual(parse('[18446744073709551615,-9007199254740993,1e30,0.1234567890123456789]'), [
    '18446744073709551615',
    '-9007199254740993',
    1e30,
    0.12345678901234568,
  ]);
  assert.equal(parse('18446744073709551615'), '18446744073709551615');
});

test('digits within strings and keys stay', () => {
  const tricky = { '12345678901234567890': 'a \\" 12345678901234567890', 'b\\': '"', c: '99999999999999999999\\\\' };
  assert.deepEqual(parse(JSON.stringify(tricky)), tricky);
  const both = '{"a\\\\":12345678901234567890,"b":"\\"12345678901234567890"}';
  assert.deepEqual(parse(both), { 'a\\': '12345678901234567890', b: '"12345678901234567890' });
});

test('a byte order mark and CRLF are taken; UTF-16 is named', () => {
  assert.deepEqual(parse('\uFEFF{\r\n"a": 1\r\n}\r\n'), { a: 1 });
  for (const encoding of ['utf-16 with mark', 'utf-16 without'] as const) {
    const mark = encoding === 'utf-16 with mark' ? '\uFEFF' : '';
    const little = Buffer.from(`${mark}{"a": 1}`, 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const result = parseExactJson(bytes.toString('utf8'));
      assert.ok('problem' in result, encoding);
      assert.match(result.problem, /^is UTF-16 text; save it as UTF-8/);
    }
  }
});

test('what is no JSON is a problem, named by the text as it was', () => {
  const result = parseExactJson('{"a": 12345678901234567890, "b": }');
  assert.ok('problem' in result);
  assert.match(result.problem, /^is not JSON: Unexpected token '}'/);
  for (const text of ['', '{', '"abc', '1 2']) assert.ok('problem' in parseExactJson(text), text);
});
