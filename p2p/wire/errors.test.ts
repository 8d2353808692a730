import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WireError, type WireErrorCode, wireErrorCodes } from './errors.ts';

type Missing = Exclude<WireErrorCode, (typeof wireErrorCodes)[number]>;
// Does not compile while a code of the union is missing from the list.
const nothingMissing: [Missing] extends [never] ? true : Missing = true;

test('the list of codes holds every code of the union once', () => {
  assert.equal(nothingMissing, true);
  assert.equal(new Set(wireErrorCodes).size, wireErrorCodes.length);
});

test('a WireError says its code and numbers', () => {
  const error = new WireError({ code: 'packetSize', limit: 2048, got: 4000 });
  assert.equal(error.name, 'WireError');
  assert.equal(error.code, 'packetSize');
  assert.equal(error.message, 'packetSize (limit=2048, got=4000)');
});
