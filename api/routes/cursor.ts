import { type Population, populations } from '../contract/common.ts';
import { type ApiError, badParameter } from '../http/errors.ts';

/** The position of a walk over the nodes of a population: after this row, by the time of its proof. */
export interface Cursor {
  readonly population: Population;
  /** Time of the proof in microseconds since the epoch, the precision of Postgres. */
  readonly micros: bigint;
  readonly nodeNo: bigint;
  /** When the walk began, ms since the epoch: all pages use the same time window. */
  readonly startedAt: number;
}

/** The position of a walk over events: after this one, by its start time. */
export interface EventCursor {
  /** Microseconds since the epoch. */
  readonly micros: bigint;
  readonly eventNo: bigint;
}

export function encodeCursor({ population, micros, nodeNo, startedAt }: Cursor): string {
  return write(nodeForm, [populations.indexOf(population), micros, nodeNo, startedAt]);
}

/** Throws badRequest for anything that encodeCursor did not make for this population. */
export function decodeCursor(text: string, population: Population, now: number): Cursor {
  const [index, micros, nodeNo, startedAt] = read(nodeForm, text) ?? [];
  if (micros === undefined || nodeNo === undefined || startedAt === undefined)
    throw unusable(', with the same population');
  const cursor = { population, micros, nodeNo, startedAt: Number(startedAt) };
  if (populations[Number(index)] !== population || cursor.startedAt > now) throw unusable(', with the same population');
  return cursor;
}

export function encodeEventCursor({ micros, eventNo }: EventCursor): string {
  return write(eventForm, [micros, eventNo]);
}

/** Throws badRequest for anything that encodeEventCursor did not make. */
export function decodeEventCursor(text: string): EventCursor {
  const [micros, eventNo] = read(eventForm, text) ?? [];
  if (micros === undefined || eventNo === undefined) throw unusable();
  return { micros, eventNo };
}

/** Numbers behind a tag that tells the walks apart, and how many digits each may have. */
interface Form {
  readonly tag: string;
  readonly digits: readonly number[];
}

const nodeForm: Form = { tag: '1', digits: [1, 17, 18, 15] };
const eventForm: Form = { tag: 'e1', digits: [17, 18] };

function write({ tag }: Form, numbers: readonly (bigint | number)[]): string {
  return Buffer.from([tag, ...numbers].join('.')).toString('base64url');
}

/** null for anything that `write` did not make. */
function read(form: Form, text: string): readonly bigint[] | null {
  const [tag, ...parts] = Buffer.from(text, 'base64url').toString('latin1').split('.');
  const fits = (part: string, index: number): boolean => /^\d+$/.test(part) && part.length <= (form.digits[index] ?? 0);
  if (tag !== form.tag || parts.length !== form.digits.length || !parts.every(fits)) return null;
  const numbers = parts.map(BigInt);
  return write(form, numbers) === text ? numbers : null;
}

function unusable(condition = ''): ApiError {
  return badParameter('cursor', `send the value of \`next\`${condition}, or leave it out`);
}
