import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Language, languages } from './message.ts';
import { createNumbers } from './numbers.ts';

function table<T>(name: string, format: (input: T) => string, rows: readonly (readonly [T, string])[]): void {
  test(name, () => {
    for (const [input, expected] of rows) assert.equal(format(input), expected, `of ${String(input)}`);
  });
}

for (const language of languages) {
  const numbers = createNumbers(language);

  table<number | bigint | string>(`counts in ${language}`, numbers.count, [
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
    [12_345n, '12,345'],
    ['18446744073709551615', '18,446,744,073,709,551,615'],
  ]);

  table(`short numbers in ${language}`, numbers.short, [
    [0, '0'],
    [0.5, '0.5'],
    [999, '999'],
    [1_000, '1k'],
    [12_345, '12.3k'],
    [99_949, '99.9k'],
    [123_456, '123k'],
    [999_950, '1M'],
    [2_500_000, '2.5M'],
    [-0.01, '0'],
    [-1_500, '-1.5k'],
  ]);

  test(`a share is never rounded to nothing or to all, in ${language}`, () => {
    assert.equal(numbers.share(1, 3), '33.3%');
    assert.equal(numbers.share(0, 10), '0.0%');
    assert.equal(numbers.share(1, 100_000), '<0.1%');
    assert.equal(numbers.share(99_999, 100_000), '>99.9%');
    assert.equal(numbers.share(5, 5), '100.0%');
    assert.equal(numbers.share(0, 0), '–');
    assert.equal(numbers.fraction(0.25), '25.0%');
  });

  test(`changes carry their sign in ${language}`, () => {
    assert.equal(numbers.change(100, 102), '+2.0%');
    assert.equal(numbers.change(100, 50), '−50.0%');
    assert.equal(numbers.change(100, 100), '±0.0%');
    assert.equal(numbers.change(0, 5), '–');
  });
}

const durations: Readonly<Record<Language, readonly (readonly [number, string])[]>> = {
  en: [
    [-5, '0 s'],
    [12.9, '12 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7_199, '119 min'],
    [7_200, '2 h'],
    [172_799, '47 h'],
    [172_800, '2 d'],
    [86_400_000, '1,000 d'],
  ],
  'zh-CN': [
    [-5, '0 秒'],
    [12.9, '12 秒'],
    [119, '119 秒'],
    [120, '2 分钟'],
    [7_199, '119 分钟'],
    [7_200, '2 小时'],
    [172_799, '47 小时'],
    [172_800, '2 天'],
    [86_400_000, '1,000 天'],
  ],
};

for (const language of languages)
  table(`durations in ${language}`, createNumbers(language).duration, durations[language]);

test('a short length of time keeps its tenths', () => {
  assert.equal(createNumbers('en').seconds(3.44), '3.4 s');
  assert.equal(createNumbers('zh-CN').seconds(3.44), '3.4 秒');
});
