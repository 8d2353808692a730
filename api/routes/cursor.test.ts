import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { populations } from '../contract/common.ts';
import { nodesQuery } from '../contract/nodes.ts';
import { ApiError } from '../http/errors.ts';
import { decodeCursor, decodeEventCursor, encodeCursor, encodeEventCursor } from './cursor.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

const cursors = fc.record({
  population: fc.constantFrom(...populations),
  micros: fc.bigInt(0n, 99_999_999_999_999_999n),
  nodeNo: fc.bigInt(0n, 999_999_999_999_999_999n),
  startedAt: fc.integer({ min: 0, max: now }),
});

test(`what is encoded is decoded, and fits the contract (FUZZ_SEED=${seed})`, () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      const text = encodeCursor(cursor);
      assert.deepEqual(decodeCursor(text, cursor.population, now), { ...cursor });
      assert.equal(nodesQuery.parse({ cursor: text }).cursor, text);
    }),
    { seed, numRuns: 1_000 },
  );
});

const eventCursors = fc.record({
  micros: fc.bigInt(0n, 99_999_999_999_999_999n),
  eventNo: fc.bigInt(0n, 999_999_999_999_999_999n),
});

test(`a walk over events goes on where it stood, and no cursor serves another walk (FUZZ_SEED=${seed})`, () => {
  const refused = (decode: () => unknown) =>
    assert.throws(decode, (error) => error instanceof ApiError && error.code === 'badRequest');
  fc.assert(
    fc.property(
      cursors,
      eventCursors,
      fc.nat(40),
      fc.constantFrom(...'AZaz09-_=. '),
      (nodes, events, at, character) => {
        const text = encodeEventCursor(events);
        assert.deepEqual(decodeEventCursor(text), { ...events });
        refused(() => decodeCursor(text, nodes.population, now));
        refused(() => decodeEventCursor(encodeCursor(nodes)));
        const mutant = text.slice(0, at) + character + text.slice(at + 1);
        try {
          assert.equal(encodeEventCursor(decodeEventCursor(mutant)), mutant);
        } catch (error) {
          assert.ok(error instanceof ApiError && error.code === 'badRequest', String(error));
        }
      },
    ),
    { seed, numRuns: 1_000 },
  );
});

test('cursors handed out by the version before go on', () => {
  const micros = 1_772_366_400_123_456n;
  const text = Buffer.from('1.1.1772366400123456.77.1772366400000').toString('base64url');
  assert.deepEqual(decodeCursor(text, populations[1], now), {
    population: populations[1],
    micros,
    nodeNo: 77n,
    startedAt: 1_772_366_400_000,
  });
  const event = Buffer.from('e1.1772366400123456.5').toString('base64url');
  assert.deepEqual(decodeEventCursor(event), { micros, eventNo: 5n });
});

test(`anything else is a bad request and nothing worse (FUZZ_SEED=${seed})`, () => {
  const mutated = fc.tuple(cursors, fc.nat(60), fc.constantFrom(...'AZaz09-_=. ')).map(([cursor, at, character]) => {
    const text = encodeCursor(cursor);
    return text.slice(0, at) + character + text.slice(at + 1);
  });
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string(), fc.base64String()), (text) => {
      try {
        const cursor = decodeCursor(text, 'alive', now);
        // A change that still is a cursor must be one that we could have made.
        assert.equal(encodeCursor(cursor), text);
        assert.ok(cursor.startedAt <= now);
      } catch (error) {
        assert.ok(error instanceof ApiError && error.code === 'badRequest', String(error));
        refused++;
      }
    }),
    { seed, numRuns: 2_000 },
  );
  assert.ok(refused > 1_000);
});
