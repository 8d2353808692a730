import { reasonOf } from './errors.ts';
import { plainText } from './plainText.ts';

/**
 * Parses JSON with whole numbers kept exact: those beyond 2^53 come as their decimal text. A byte order mark is taken,
 * UTF-16 is a problem of its own. `problem` is a sentence's end.
 */
export function parseExactJson(decoded: string): { readonly json: unknown } | { readonly problem: string } {
  const plain = plainText(decoded);
  if ('problem' in plain) return plain;
  try {
    // Before any number is quoted, so that a mistake is reported at its own place.
    const json: unknown = JSON.parse(plain.text);
    const quoted = quoteInexact(plain.text);
    return { json: quoted === plain.text ? json : JSON.parse(quoted) };
  } catch (error) {
    return { problem: `is not JSON: ${reasonOf(error)}` };
  }
}

/** Puts quotes around whole numbers that a double cannot hold. The text is valid JSON. */
function quoteInexact(text: string): string {
  let quoted = '';
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') at = endOfString(text, at);
    else if (char === '-' || isDigit(char)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (/^-?\d{16,}$/.test(number) && !Number.isSafeInteger(Number(number))) {
        quoted += `${text.slice(copied, at)}"${number}"`;
        copied = end;
      }
      at = end - 1;
    }
  }
  return quoted + text.slice(copied);
}

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charAt(end - 1 - backslashes) === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (/[0-9.eE+-]/.test(text.charAt(end))) end += 1;
  return end;
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}
