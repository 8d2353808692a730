import { type Population, populations } from './contract/common.ts';
import { type ApiError, badParameter } from './errors.ts';

/** Where a walk over the nodes of a population stands: after this row, by the time of its proof. */
export interface Cursor {
  readonly population: Population;
  /** Time of the proof, microseconds since the epoch: Postgres keeps no less. */
  readonly micros: bigint;
  readonly nodeNo: bigint;
  /** When the walk began, ms since the epoch: its window stays the same on every page. */
  readonly startedAt: number;
}

export function encodeCursor({ population, micros, nodeNo, startedAt }: Cursor): string {
  return Buffer.from(`1.${populations.indexOf(population)}.${micros}.${nodeNo}.${startedAt}`).toString('base64url');
}

/** Throws badRequest for anything that encodeCursor did not make for this population. */
export function decodeCursor(text: string, population: Population, now: number): Cursor {
  const match = /^1\.(\d)\.(\d{1,17})\.(\d{1,18})\.(\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  if (match === null) throw unusable();
  const [, index, micros = '', nodeNo = '', startedAt] = match;
  const cursor = { population, micros: BigInt(micros), nodeNo: BigInt(nodeNo), startedAt: Number(startedAt) };
  if (populations[Number(index)] !== population || cursor.startedAt > now || encodeCursor(cursor) !== text) {
    throw unusable();
  }
  return cursor;
}

function unusable(): ApiError {
  return badParameter('cursor', 'send the value of `next`, with the same population, or leave it out');
}
