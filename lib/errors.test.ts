import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForkscopeError, reasonOf } from './errors.ts';

test('a ForkscopeError names its code and numbers', () => {
  const error = new ForkscopeError({ code: 'tooLong', limit: 3, got: 5 }, undefined, { cause: 'x' });
  assert.equal(error.code, 'tooLong');
  assert.equal(error.message, 'tooLong (limit=3, got=5)');
  assert.equal(error.cause, 'x');
});

test('whatever was thrown has a reason, and a name that quotes nothing', () => {
  const url = 'postgres://me:secret@host';
  const nameless = new AggregateError([new Error('refused')]);
  assert.deepEqual([new RangeError(url), nameless, url].map(reasonOf), [url, 'AggregateError', url]);
  assert.equal(reasonOf(Object.assign(nameless, { code: 'ECONNREFUSED' })), 'ECONNREFUSED');
});
