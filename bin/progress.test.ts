import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createProgress } from './progress.ts';

const states = [0, 5_000, 12_345].map((done) => ({
  known: 12_345,
  visited: done * 2,
  underWay: 400,
  left: 12_345 - done,
}));

describe('progress', () => {
  test('is one line drawn over on a terminal, never wider than it, gone at the end', () => {
    for (const columns of [200, 80, 30]) {
      const written: string[] = [];
      const progress = createProgress((text) => written.push(text), columns);
      for (const state of states) progress.show(state);
      progress.end();
      progress.end();
      assert.equal(written.length, states.length + 1);
      for (const text of written) {
        assert.ok(text.startsWith('\r\u001b[K') && !text.includes('\n'), JSON.stringify(text));
        assert.ok(text.length - 4 <= columns, `${columns}: ${text.length}`);
      }
      assert.equal(written.at(-1), '\r\u001b[K');
    }
  });

  test('fills the bar with what is done', () => {
    const written: string[] = [];
    const progress = createProgress((text) => written.push(text), 120);
    for (const state of states) progress.show(state);
    assert.deepEqual(
      written.map((text) => text.split('=').length - 1),
      [0, 10, 24],
    );
  });

  test('is a plain line now and then elsewhere', () => {
    const written: string[] = [];
    const progress = createProgress((text) => written.push(text), null);
    for (let second = 0; second < 11; second++) progress.show({ known: 10, visited: second, underWay: 1, left: 5 });
    progress.end();
    assert.deepEqual(
      written,
      [0, 5, 10].map((visits) => `5 of 10 known nodes visited, 1 under way, ${visits} visits\n`),
    );
  });
});
