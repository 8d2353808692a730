import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../lib/ipAddress.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { DialGate } from './dialGate.ts';

const policy = createAddressPolicy([parseCidr('127.0.0.0/8')!]);

test('a public address is dialled once in 35 s, a private chain as often as wanted', () => {
  const gate = new DialGate(policy);
  assert.ok(gate.tryDial('8.8.8.8', 0));
  assert.ok(!gate.tryDial('8.8.8.8', 34_999));
  assert.ok(gate.tryDial('8.8.8.8', 35_000));
  assert.ok(gate.tryDial('127.0.0.1', 0));
  assert.ok(gate.tryDial('127.0.0.1', 1));
});

test('the memory is bounded, and what has expired is forgotten', () => {
  const gate = new DialGate(policy, 10);
  for (let host = 1; host <= 100; host++) gate.tryDial(`8.8.8.${host}`, host);
  assert.equal(gate.size, 10);
  gate.tryDial('9.9.9.9', 1_000_000);
  assert.equal(gate.size, 1);
});
