/** Control, format, unassigned and private characters, lone surrogates, combining marks, odd spaces, backslash. */
const unsafe = /[\p{C}\p{M}\\]|(?! )\p{Z}/u;

/**
 * Text from a peer, fit for a log line, a page or an error message: everything that could move a cursor, reorder
 * or hide text is hex-escaped (`\x1b`, `\u{202e}`), and at most `max` characters come out, the last of them `…`
 * where the text was cut.
 */
export function displayText(text: string, max = 256): string {
  let shown = '';
  for (const character of text) {
    const piece = unsafe.test(character) ? escapeCharacter(character) : character;
    if (shown.length + piece.length > max) return `${cut(shown, max - 1)}…`;
    shown += piece;
  }
  return shown;
}

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\';
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

function cut(text: string, length: number): string {
  const kept = text.slice(0, length);
  return /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept;
}
