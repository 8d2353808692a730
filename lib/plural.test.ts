import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePlural, countOf, type PluralForms, type PluralLanguage, pluralCategories } from './plural.ts';

const counts = [0, 1, 2, 21, 1_000];

test('our categories are those of the language', () => {
  for (const language of Object.keys(pluralCategories) as PluralLanguage[]) {
    const { pluralCategories: known } = new Intl.PluralRules(language).resolvedOptions();
    assert.deepEqual([...pluralCategories[language]].sort(), [...known].sort(), language);
  }
});

test('English has one form for one and another for everything else', () => {
  const forms = { one: 'node', other: 'nodes' };
  assert.deepEqual(
    counts.map((count) => choosePlural('en', count, forms)),
    ['nodes', 'node', 'nodes', 'nodes', 'nodes'],
  );
  assert.equal(choosePlural('en', 18_446_744_073_709_551_615n, forms), 'nodes');
  assert.equal(choosePlural('en', 1n, forms), 'node');
});

test('Chinese has one form', () => {
  assert.deepEqual(
    counts.map((count) => choosePlural('zh-CN', count, { other: '个节点' })),
    ['个节点', '个节点', '个节点', '个节点', '个节点'],
  );
});

test('a count with its noun, its thousands apart', () => {
  assert.deepEqual(
    counts.map((count) => countOf(count, { one: 'peer', other: 'peers' })),
    ['0 peers', '1 peer', '2 peers', '21 peers', '1,000 peers'],
  );
});

test('a missing form, or one that the language does not have, does not compile', () => {
  // @ts-expect-error English needs `one` too.
  const missing: PluralForms<'en'> = { other: 'nodes' };
  // @ts-expect-error Chinese has no `one`.
  const extra: PluralForms<'zh-CN'> = { one: '节点', other: '节点' };
  assert.equal(missing.other, 'nodes');
  assert.equal(extra.other, '节点');
});
