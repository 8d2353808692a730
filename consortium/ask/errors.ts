import { ForkscopeError } from '../../lib/errors.ts';

/** A recording that cannot be replayed. `line` counts from 1. */
export class RecordingError extends ForkscopeError<
  | { code: 'recordingUnreadable'; file: string; reason: string }
  | { code: 'recordingTooLarge'; maxBytes: number; gotBytes: number }
  | { code: 'recordingNotUtf8'; file: string }
  | { code: 'recordingEmpty' }
  | { code: 'recordingJson'; line: number }
  | { code: 'recordingShape'; line: number; path: string; wanted: string }
  | { code: 'recordingTime'; line: number; previous: number; got: number }
> {}

/** A block header that does not say who minted it. */
export class BlockMinterError extends ForkscopeError<
  | { code: 'extraDataHex' }
  | { code: 'extraDataVanity'; needBytes: number; gotBytes: number }
  | { code: 'extraDataSeal'; reason: string }
  | { code: 'raftIdText'; reason: string }
  | { code: 'headerField'; field: string }
> {}
