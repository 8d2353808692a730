import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyCall,
  type Discv4Transcript,
  sentOf,
  transcriptContact,
  transcriptNode,
} from '../../testkit/discv4Transcript.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import { chooseCurve, curveBackends } from '../wire/secp256k1.ts';

const transcript: Discv4Transcript = readTestdata('p2p/protocol/testdata/gethDiscv4.json');

for (const backend of curveBackends) {
  test(`a bond with a real geth, replayed byte for byte on the curve ${backend}`, async () => {
    const node = transcriptNode(await chooseCurve(backend), transcript);
    const contact = transcriptContact(transcript);
    const outputs = transcript.calls.flatMap((call) => applyCall(node, contact, call));
    assert.deepEqual(sentOf(outputs), transcript.sent);
    const outcomes = outputs.flatMap((output) =>
      'event' in output && output.event === 'answered' ? [output.outcome] : [],
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.code === 'ok' ? outcome.kind : outcome.code)),
      ['ping', 'enr', 'findnode'],
    );
    const rejected = outputs.filter((output) => 'event' in output && output.event === 'rejected');
    assert.deepEqual(rejected, []);
    assert.ok(node.isProven(contact.id, contact.ip, transcript.calls.at(-1)!.at));
  });
}
