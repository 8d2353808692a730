import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { z } from 'zod';
import { damagedError, type Frame, readFrames } from './backupFile.ts';
import { type BackupHeader, backupHeader, tableEnd, tableStart } from './backupHeader.ts';

export interface BackupContents {
  readonly header: BackupHeader;
  readonly rows: number;
}

const expand = promisify(gunzip);

/** Most that one part of a table may become. */
const maxTextBytes = 256 << 20;

/**
 * Reads the whole file and finds that it is all there and undamaged.
 * @throws BackupRefusedError, BackupError
 */
export async function inspectBackup(path: string, signal: AbortSignal): Promise<BackupContents> {
  let header: BackupHeader | null = null;
  let rows = 0;
  for await (const frame of readFrames(path)) {
    signal.throwIfAborted();
    if (header === null) header = parseFrame(frame, 'H', backupHeader, path);
    else if (frame.kind === 'T') parseFrame(frame, 'T', tableStart, path);
    else if (frame.kind === 'E') rows += parseFrame(frame, 'E', tableEnd, path).rows;
  }
  if (header === null) throw damagedError(path, 0, 'it has no header');
  return { header, rows };
}

/** @throws BackupError unless the frame is of this kind and holds what such a frame holds */
export function parseFrame<T>(frame: Frame, kind: Frame['kind'], schema: z.ZodType<T>, path: string): T {
  if (frame.kind !== kind) throw damagedError(path, frame.at, `a frame ${kind} is missing`);
  try {
    return schema.parse(JSON.parse(frame.payload.toString()));
  } catch {
    throw damagedError(path, frame.at, `a frame ${kind} holds something else`);
  }
}

/** The COPY text of a `D`. */
export async function expandPart({ payload, at }: Frame, path: string): Promise<Buffer> {
  try {
    return await expand(payload, { maxOutputLength: maxTextBytes });
  } catch {
    throw damagedError(path, at, 'a part of a table does not decompress');
  }
}
