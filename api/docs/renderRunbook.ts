import { escapeHtml } from './escapeHtml.ts';

/**
 * A runbook as a page, so that whoever is woken can read it where the alert points. It takes the little Markdown that our
 * runbooks are written in: headings, paragraphs, lists, code, emphasis and links.
 */
export function renderRunbook(markdown: string): string {
  const blocks = markdown.split(/\n{2,}/).flatMap((block) => splitLists(block.trim()));
  const title = /^# (.*)$/m.exec(markdown)?.[1] ?? 'Runbook';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<main>
${blocks.map(renderBlock).join('\n')}
</main>
</body>
</html>
`;
}

const listItem = /^(?:[*-]|\d+\.) /;

/** Lines of a list each begin one, whatever stands above them. */
function splitLists(block: string): readonly (string | readonly string[])[] {
  const parts: (string | string[])[] = [];
  for (const line of block.split('\n')) {
    const last = parts.at(-1);
    if (listItem.test(line)) {
      if (Array.isArray(last)) last.push(line);
      else parts.push([line]);
    } else if (typeof last === 'string' && !last.startsWith('#')) parts[parts.length - 1] = `${last}\n${line}`;
    else if (Array.isArray(last)) last.push(`${last.pop() ?? ''} ${line.trim()}`);
    else parts.push(line);
  }
  return parts;
}

function renderBlock(block: string | readonly string[]): string {
  if (typeof block !== 'string') {
    const tag = /^\d/.test(block[0] ?? '') ? 'ol' : 'ul';
    return `<${tag}>${block.map((item) => `<li>${renderText(item.replace(listItem, ''))}</li>`).join('')}</${tag}>`;
  }
  const heading = /^(#{1,4}) (.*)$/.exec(block);
  if (heading === null) return `<p>${renderText(block)}</p>`;
  const level = heading[1]?.length ?? 1;
  const text = heading[2] ?? '';
  // As GitHub names them, so that one link serves for both.
  return `<h${level} id="${escapeHtml(text.toLowerCase().replaceAll(' ', '-'))}">${renderText(text)}</h${level}>`;
}

function renderText(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => {
      if (part.startsWith('`') && part.length > 2) return `<code>${escapeHtml(part.slice(1, -1))}</code>`;
      return escapeHtml(part)
        .replace(/\[([^\]]+)\]\(#([\w-]+)\)/g, '<a href="#$2">$1</a>')
        .replace(/\[([^\]]+)\]\((\w+)\.md(#[\w-]+)?\)/g, '<a href="/api/runbooks/$2$3">$1</a>')
        .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
        .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
        .replace(/(^|[\s(])[*_]([^*_]+)[*_](?=[\s).,:;]|$)/g, '$1<em>$2</em>');
    })
    .join('');
}
