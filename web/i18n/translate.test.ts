import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from './en.ts';
import { createTranslate, pickLanguage } from './translate.ts';
import { zhCn } from './zhCn.ts';

const placeholders = (message: string): string[] =>
  [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

test('both languages have the same keys', () => {
  assert.deepEqual(Object.keys(zhCn).sort(), Object.keys(en).sort());
});

test('no message is empty, and each has the same gaps to fill in both languages', () => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    assert.notEqual(en[key].trim(), '', key);
    assert.notEqual(zhCn[key].trim(), '', key);
    assert.deepEqual(placeholders(zhCn[key]), placeholders(en[key]), key);
  }
});

test('Chinese is Chinese: nothing was left in English but names and signs', () => {
  const same = Object.entries(zhCn).filter(
    ([key, message]) => message === en[key as keyof typeof en] && /[a-z]{3,}/.test(message),
  );
  const names = new Set(['overview.title', 'scope', 'overview.counts.scope', 'stage.hello', 'stage.status']);
  assert.deepEqual(
    same.map(([key]) => key).filter((key) => !names.has(key)),
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
});

test('the language chosen before wins, then the browser’s first that we speak', () => {
  assert.equal(pickLanguage('zh-CN', ['en-GB']), 'zh-CN');
  assert.equal(pickLanguage(null, ['fr', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(pickLanguage('tlh', ['de']), 'en');
});
