import { badParameter } from './errors.ts';

/** Where a walk over events stands: after this one, by the time of its beginning. */
export interface EventCursor {
  /** Microseconds since the epoch: Postgres keeps no less. */
  readonly micros: bigint;
  readonly eventNo: bigint;
}

export function encodeEventCursor({ micros, eventNo }: EventCursor): string {
  return Buffer.from(`e1.${micros}.${eventNo}`).toString('base64url');
}

/** Throws badRequest for anything that encodeEventCursor did not make. */
export function decodeEventCursor(text: string): EventCursor {
  const match = /^e1\.(\d{1,17})\.(\d{1,18})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const cursor = { micros: BigInt(match?.[1] ?? 0), eventNo: BigInt(match?.[2] ?? 0) };
  if (match === null || encodeEventCursor(cursor) !== text) {
    throw badParameter('cursor', 'send the value of `next`, or leave it out');
  }
  return cursor;
}
