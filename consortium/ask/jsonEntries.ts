import { RecordingError } from './errors.ts';

/** Longest recorded line; a round of a hundred nodes needs less than a tenth of it. */
const maxLineLength = 8 * 1024 * 1024;
/** Longest text that is read at once, as an array or as one value over several lines. */
const maxWholeLength = 64 * 1024 * 1024;

/** One value of a recording. */
export interface JsonEntry {
  /** The number of its line or, in an array, its own; from 1. */
  readonly line: number;
  /** The same as text, `line 3` or `entry 3`. */
  readonly place: string;
  readonly value: unknown;
}

/**
 * The values of a recording: JSON Lines, a value a line with empty lines skipped; a JSON array of them; or one value over
 * several lines, as tools print it for people. Throws `RecordingError`.
 */
export function* readJsonEntries(text: string): Generator<JsonEntry> {
  const start = text.trimStart();
  if (start.startsWith('[')) {
    const list = parseWhole(text);
    for (const [index, value] of (Array.isArray(list) ? list : [list]).entries()) {
      yield { line: index + 1, place: `entry ${index + 1}`, value };
    }
    return;
  }
  if (/^\{\s*(?:\n|$)/.test(start)) {
    yield { line: 1, place: 'line 1', value: parseWhole(text) };
    return;
  }
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
    yield { line, place: `line ${line}`, value: parseJson(content, line, maxLineLength) };
  }
}

/** One value in the whole of the text. */
function parseWhole(text: string): unknown {
  return parseJson(text, 1, maxWholeLength);
}

function parseJson(content: string, line: number, maxLength: number): unknown {
  if (content.length > maxLength) {
    const wanted = `at most ${maxLength} characters`;
    throw new RecordingError(
      { code: 'recordingShape', line, path: '$', wanted },
      `line ${line}: "$" must be ${wanted}`,
    );
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new RecordingError({ code: 'recordingJson', line }, `line ${line}: not JSON`, { cause });
  }
}
