import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForkscopeError } from './errors.ts';

test('a ForkscopeError names its code and numbers', () => {
  const error = new ForkscopeError({ code: 'tooLong', limit: 3, got: 5 }, undefined, { cause: 'x' });
  assert.equal(error.code, 'tooLong');
  assert.equal(error.message, 'tooLong (limit=3, got=5)');
  assert.equal(error.cause, 'x');
});
