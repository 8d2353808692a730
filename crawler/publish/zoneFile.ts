/** As geth's `devp2p dns` publishes them: roots change, entries never do. */
const rootTtlSeconds = 30 * 60;
const entryTtlSeconds = 28 * 24 * 3_600;
const maxStringBytes = 255;

/** TXT records as a zone file (RFC 1035 section 5), to be included into the zone of `domain`. Texts are printable ASCII. */
export function formatZoneFile(domain: string, texts: ReadonlyMap<string, string>): string {
  const lines = [...texts].map(([name, text]) => {
    const strings: string[] = [];
    for (let at = 0; at < text.length; at += maxStringBytes) strings.push(quoted(text.slice(at, at + maxStringBytes)));
    return `${name}. ${name === domain ? rootTtlSeconds : entryTtlSeconds} IN TXT ${strings.join(' ')}`;
  });
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (char) => `\\${char}`)}"`;
}
