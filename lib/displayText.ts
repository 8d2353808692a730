/** Longest piece of peer text that is shown or logged, in characters. */
const maxDisplayLength = 200;

const needsEscape = /[\p{C}\p{Zl}\p{Zp}\\]|(?! )\p{Zs}/u;
const mark = /\p{M}/u;
const maxMarksInARow = 4;

/**
 * Text from a stranger, made safe to show: the only way from a peer's bytes to a log line or a page.
 * Control, direction, invisible and unassigned characters become `\xNN` or `\u{N}`, bytes that are not UTF-8
 * `\xNN`, a backslash `\\`, so that two different inputs never look the same; stacks of combining marks are
 * broken up. At most `maxLength` characters come out, the last an ellipsis where something was cut.
 */
export function displayText(raw: string | Uint8Array, maxLength: number = maxDisplayLength): string {
  const shown: string[] = [];
  let length = 0;
  let marks = 0;
  for (const piece of typeof raw === 'string' ? codePoints(raw, maxLength) : utf8Pieces(raw, maxLength)) {
    marks = piece.kind === 'character' && mark.test(piece.text) ? marks + 1 : 0;
    const text = piece.kind === 'byte' ? hexByte(piece.byte) : escapeCharacter(piece.text, marks > maxMarksInARow);
    const width = widthOf(text);
    if (length + width > maxLength) return cut(shown, maxLength);
    shown.push(text);
    length += width;
  }
  return shown.join('');
}

type Piece = { readonly kind: 'character'; readonly text: string } | { readonly kind: 'byte'; readonly byte: number };

function* codePoints(text: string, maxLength: number): Generator<Piece> {
  // One more than fits, so that the caller notices that something is cut.
  let left = maxLength + 1;
  for (const character of text) {
    if (left-- === 0) return;
    yield { kind: 'character', text: character };
  }
}

function* utf8Pieces(bytes: Uint8Array, maxLength: number): Generator<Piece> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let left = maxLength + 1;
  for (let at = 0; at < bytes.length && left > 0; left--) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    const text =
      length === 0 || at + length > bytes.length ? null : decodeOrNull(decoder, bytes.subarray(at, at + length));
    if (text === null) {
      yield { kind: 'byte', byte: lead };
      at += 1;
    } else {
      yield { kind: 'character', text };
      at += length;
    }
  }
}

function decodeOrNull(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function escapeCharacter(character: string, always: boolean): string {
  if (!always && !needsEscape.test(character)) return character;
  if (character === '\\') return '\\\\';
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? hexByte(code) : `\\u{${code.toString(16)}}`;
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function cut(shown: string[], maxLength: number): string {
  if (maxLength <= 0) return '';
  let length = shown.reduce((sum, text) => sum + widthOf(text), 0);
  while (length > maxLength - 1) length -= widthOf(shown.pop() ?? '');
  return `${shown.join('')}…`;
}

/** A character outside the basic plane is two code units, but one character to the reader. */
function widthOf(text: string): number {
  return text.startsWith('\\') ? text.length : 1;
}
