import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createProgressView } from './progressView.ts';

function screen(extra: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  return { ...extra, written, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  test('is one line drawn over on a terminal, never wider than it', () => {
    for (const columns of [200, 80, 30, 10]) {
      const terminal = screen({ isTTY: true, columns });
      const view = createProgressView(terminal, () => 0);
      view.show({ known: 0, visited: 0, underWay: 0, left: 0 });
      view.show({ known: 12_345, visited: 9_999, underWay: 400, left: 2_000 });
      view.end();
      for (const text of terminal.written.slice(0, -1)) {
        assert.ok(text.startsWith('\r') && text.endsWith('\x1b[K') && !text.includes('\n'), JSON.stringify(text));
        assert.ok(text.length - 4 <= columns, `${columns}: ${text.length}`);
      }
      assert.equal(terminal.written.at(-1), '\n');
    }
  });

  test('fills the bar with what is done', () => {
    const terminal = screen({ isTTY: true, columns: 120 });
    const view = createProgressView(terminal, () => 0);
    for (const left of [100, 50, 0]) view.show({ known: 100, visited: 0, underWay: 0, left });
    assert.deepEqual(
      terminal.written.map((text) => text.split('#').length - 1),
      [0, 20, 40],
    );
  });

  test('is a plain line every ten seconds elsewhere, and one at the end', () => {
    const file = screen({});
    let now = 0;
    const view = createProgressView(file, () => now);
    for (now = 0; now <= 21_000; now += 1_000) view.show({ known: 5, visited: now / 1_000, underWay: 1, left: 2 });
    view.end();
    assert.deepEqual(
      file.written,
      [0, 10, 20, 21].map((visits) => `5 nodes known, ${visits} visits, 1 under way, 2 left\n`),
    );
  });

  test('one node is a node, and thousands are kept apart', () => {
    const file = screen({});
    let now = 0;
    const view = createProgressView(file, () => now);
    for (const known of [1, 1_000]) {
      view.show({ known, visited: known, underWay: 0, left: 0 });
      now += 10_000;
    }
    assert.deepEqual(file.written, [
      '1 node known, 1 visit, 0 under way, 0 left\n',
      '1,000 nodes known, 1,000 visits, 0 under way, 0 left\n',
    ]);
  });

  test('says nothing of a crawl that never began', () => {
    const file = screen({});
    createProgressView(file, () => 0).end();
    assert.deepEqual(file.written, []);
  });
});
