/** Why a text file cannot be read although its bytes are there; a sentence's end, to stand after the file's name. */
const utf16Problem =
  'is UTF-16 text; save it as UTF-8 (in an editor: "Save with encoding", in PowerShell: -Encoding utf8)';

/**
 * The text of a file that was decoded as UTF-8, without the byte order mark that some editors put in front.
 * `{ problem }` if it was not UTF-8 but UTF-16, with or without such a mark.
 */
export function plainText(decoded: string): { readonly text: string } | { readonly problem: string } {
  // The marks FF FE and FE FF are no UTF-8; without one, every other byte of JSON or a list of URLs is zero.
  if (decoded.startsWith('\uFFFD\uFFFD') || decoded.slice(0, 4).includes('\0')) return { problem: utf16Problem };
  return { text: decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded };
}
