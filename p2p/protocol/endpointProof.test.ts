import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { EndpointProofs, endpointProofMs } from './endpointProof.ts';

test('a proof holds for one key at one IP, and for 24 hours', () => {
  const random = seededRandom();
  const proofs = new EndpointProofs(10);
  const [a, b] = [random.bytes(64), random.bytes(64)];
  proofs.record(a, '1.2.3.4', 0);
  assert.equal(endpointProofMs, 86_400_000);
  assert.deepEqual(
    [
      proofs.has(a, '1.2.3.4', endpointProofMs - 1),
      proofs.has(b, '1.2.3.4', 0),
      proofs.has(a, '1.2.3.5', 0),
      proofs.has(a, '1.2.3.4', endpointProofMs),
      proofs.size,
    ],
    [true, false, false, false, 0],
  );
  proofs.record(a, '1.2.3.4', 5);
  proofs.record(a, '1.2.3.4', 1000);
  assert.equal(proofs.has(a, '1.2.3.4', endpointProofMs + 999), true, 'a new PONG begins the time anew');
});

test('beyond the limit the oldest proof goes', () => {
  const random = seededRandom();
  const proofs = new EndpointProofs(100);
  const ids = Array.from({ length: 101 }, () => random.bytes(64));
  for (const id of ids) proofs.record(id, '::1', 0);
  assert.equal(proofs.size, 100);
  assert.deepEqual([proofs.has(ids[0]!, '::1', 1), proofs.has(ids[1]!, '::1', 1)], [false, true]);
});
