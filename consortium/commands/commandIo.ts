import { readFile, stat } from 'node:fs/promises';
import { plainText } from '../../lib/plainText.ts';
import { BlockMinterError, RecordingError } from '../ask/errors.ts';

/** Where a command writes. */
export interface CommandIo {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** A day of a 7-node cluster polled every 5 s is about 100 MB; larger files must be split. */
const maxRecordingBytes = 512 * 1024 * 1024;

/** One file and an optional --json; for anything else prints the usage and returns null. */
export function parseFileArgs(
  args: readonly string[],
  usage: string,
  io: CommandIo,
): { readonly file: string; readonly json: boolean } | null {
  const files = args.filter((arg) => !arg.startsWith('-'));
  const file = files[0];
  if (file === undefined || files.length > 1 || args.some((arg) => arg.startsWith('-') && arg !== '--json')) {
    io.stderr(`${usage}\n`);
    return null;
  }
  return { file, json: args.includes('--json') };
}

/** Reads and parses a file; if it cannot, says in one line what is wrong and returns null. */
export async function readRecording<T>(file: string, io: CommandIo, parse: (text: string) => T): Promise<T | null> {
  try {
    return parse(await readText(file));
  } catch (error) {
    if (!(error instanceof RecordingError || error instanceof BlockMinterError)) throw error;
    io.stderr(`forkscope: ${file}: ${error.message} [${error.code}]\n`);
    return null;
  }
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > maxRecordingBytes) {
      throw new RecordingError({ code: 'recordingTooLarge', maxBytes: maxRecordingBytes, gotBytes: size });
    }
    const plain = plainText(await readFile(file, 'utf8'));
    if ('problem' in plain) throw new RecordingError({ code: 'recordingNotUtf8', file }, plain.problem);
    return plain.text;
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new RecordingError({ code: 'recordingUnreadable', file, reason }, `cannot be read (${reason})`, { cause });
  }
}
