import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluralCategories } from '../../lib/plural.ts';
import { en } from './en.ts';
import { type Language, languages, type Message, type MessageSet, type Translated } from './message.ts';
import { createTranslate, type MessageKey, pickLanguage } from './translate.ts';
import { zhCn } from './zhCn.ts';

const keys = Object.keys(en) as MessageKey[];

/** A message's texts by category; a message without forms is one text. */
const textsOf = <L extends Language>(message: Message<L>): Readonly<Record<string, string>> => {
  if (typeof message === 'string') return { other: message };
  const { by: _, ...forms } = message;
  return forms as Readonly<Record<string, string>>;
};

const placeholders = (text: string | undefined): string[] =>
  [...(text ?? '').matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

test('both languages have the same keys', () => {
  assert.deepEqual(Object.keys(zhCn).sort(), Object.keys(en).sort());
});

test('no message is empty, and each has the same gaps to fill in both languages', () => {
  for (const key of keys) {
    const [english, chinese] = [textsOf<'en'>(en[key]), textsOf<'zh-CN'>(zhCn[key])];
    for (const text of [...Object.values(english), ...Object.values(chinese)]) assert.notEqual(text.trim(), '', key);
    assert.deepEqual(placeholders(chinese.other), placeholders(english.other), key);
  }
});

test('a message that follows a count has every form of its language, by the same gap in both', () => {
  const counted = keys.filter((key) => typeof en[key] !== 'string');
  assert.ok(counted.length > 15, `${counted.length} messages follow a count`);
  for (const key of counted) {
    const [english, chinese] = [en[key] as Message<'en'>, zhCn[key] as Message<'zh-CN'>];
    assert.ok(typeof english !== 'string' && typeof chinese !== 'string', key);
    assert.equal(english.by, chinese.by, key);
    assert.ok(placeholders(english.other).includes(english.by), `${key} shows its count`);
    assert.deepEqual(Object.keys(textsOf(english)).sort(), [...pluralCategories.en].sort(), key);
    assert.deepEqual(Object.keys(textsOf(chinese)).sort(), [...pluralCategories['zh-CN']].sort(), key);
  }
});

test('no noun that is counted stands in one form alone', () => {
  const noun =
    /\{\w+\} (different )?(block|change|endpoint|head|ID|IP|member|node|other|peer|point|sealer|set|span|subnet|version|vote|voter)s?\b/;
  const alone = keys.filter((key) => typeof en[key] === 'string' && noun.test(en[key]));
  assert.deepEqual(alone, []);
});

test('Chinese is Chinese: nothing was left in English but names and signs', () => {
  const same = keys.filter((key) => {
    const text = textsOf<'zh-CN'>(zhCn[key]).other ?? '';
    return text === textsOf<'en'>(en[key]).other && /[a-z]{3,}/.test(text.replace(/\{\w+\}/g, ''));
  });
  const names = new Set(['stage.hello', 'stage.status']);
  assert.deepEqual(
    same.filter((key) => !names.has(key)),
    [],
  );
});

test('gaps are filled, and a forgotten one is seen', () => {
  const t = createTranslate(en, 'en');
  assert.equal(t('fresh.age', { age: '12 s' }), '12 s ago');
  assert.match(t('fresh.age'), /\{age\}/);
  assert.equal(t.find('code.pingTimeout'), en['code.pingTimeout']);
  assert.equal(t.find('code.constructor'), null);
  assert.equal(t.find('toString'), null);
  assert.equal(t.find('heads.by'), null, 'what needs a count is not said without one');
});

test('counts choose the form and are written with their thousands apart: 0, 1, 2, 21, 1000', () => {
  const counts = [0, 1, 2, 21, 1_000];
  const english = createTranslate(en, 'en');
  assert.deepEqual(
    counts.map((nodes) => english('heads.by', { nodes })),
    ['from 0 nodes', 'from 1 node', 'from 2 nodes', 'from 21 nodes', 'from 1,000 nodes'],
  );
  assert.deepEqual(
    counts.map((blocks) => english('readiness.blocksToGo', { blocks: BigInt(blocks) })),
    ['0 blocks to go', '1 block to go', '2 blocks to go', '21 blocks to go', '1,000 blocks to go'],
  );
  assert.equal(
    english('readiness.of', { ready: 1_200, all: 1, fork: 'Bogota' }),
    'Bogota is announced by 1,200 of 1 node on the active fork',
  );
  const chinese = createTranslate(zhCn, 'zh-CN');
  assert.deepEqual(
    counts.map((nodes) => chinese('heads.by', { nodes })),
    ['来自 0 个节点', '来自 1 个节点', '来自 2 个节点', '来自 21 个节点', '来自 1,000 个节点'],
  );
});

test('a missing or a foreign form does not compile, nor does a count that is left out', () => {
  const forms = { by: 'n', one: '{n} node', other: '{n} nodes' } as const;
  // @ts-expect-error English needs `one` too.
  const missing = { nodes: { by: 'n', other: '{n} nodes' } } as const satisfies MessageSet<'en'>;
  // @ts-expect-error Chinese has no `one`.
  const foreign: Translated<{ nodes: typeof forms }, 'zh-CN'> = { nodes: { by: 'n', one: '节点', other: '节点' } };
  // @ts-expect-error It must follow the same count as in English.
  const other: Translated<{ nodes: typeof forms }, 'zh-CN'> = { nodes: { by: 'm', other: '节点' } };
  assert.ok(missing && foreign && other);
  const t = createTranslate(en, 'en');
  // @ts-expect-error `heads.by` needs `nodes`.
  assert.match(t('heads.by'), /\{nodes\}/);
  // @ts-expect-error A count is a number, never a text.
  t('heads.by', { nodes: '1' });
});

test('the language chosen before wins, then the browser’s first that we have', () => {
  assert.deepEqual(languages, ['en', 'zh-CN']);
  assert.equal(pickLanguage('zh-CN', ['en-GB']), 'zh-CN');
  assert.equal(pickLanguage(null, ['fr', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(pickLanguage('tlh', ['de']), 'en');
});
