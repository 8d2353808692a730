import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { renderRunbook } from './renderRunbook.ts';

const folder = join(packageRoot, 'docs/runbooks');

test('each section of our runbooks can be linked to as on GitHub, and no Markdown is left', () => {
  for (const file of readdirSync(folder)) {
    const markdown = readFileSync(join(folder, file), 'utf8');
    const html = renderRunbook(markdown);
    const sections = [...markdown.matchAll(/^## (\w+)$/gm)].map(([, name]) => name ?? '');
    assert.ok(sections.length > 0, file);
    for (const name of sections) assert.ok(html.includes(`<h2 id="${name.toLowerCase()}">${name}</h2>`), name);
    const text = html.replace(/<code>.*?<\/code>/g, '');
    assert.doesNotMatch(text, /`|\*\*|\]\(|^\d+\. |(^|\s)_\w|<p>\d+\. /m, file);
  }
});

test('lists, emphasis, code and links; what looks like HTML is text', () => {
  const html = renderRunbook(
    '# A\n\nDo _this_ <b> `x < y`:\n1. one\n2. two [there](other.md#b)\n\nSee [B](#b), [docs](../D.md).',
  );
  assert.match(html, /<p>Do <em>this<\/em> &lt;b&gt; <code>x &lt; y<\/code>:<\/p>/);
  assert.match(html, /<ol><li>one<\/li><li>two <a href="\/api\/runbooks\/other#b">there<\/a><\/li><\/ol>/);
  assert.match(html, /See <a href="#b">B<\/a>, docs\./);
});
