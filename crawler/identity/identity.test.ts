import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { readEnr } from '../../p2p/wire/enr.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { AddressVotes } from './addressVotes.ts';
import { presentForkId, recordContent, signOwnRecord } from './ownRecord.ts';

const curve = await chooseCurve();

test('our record says where we are, what we follow, and no tcp while we do not listen', () => {
  const mainnet = loadBuiltinNetworks().find(({ slug }) => slug === 'mainnet')!;
  const privateKey = new Uint8Array(32).fill(3);
  const identity = { privateKey, publicKey: curve.publicKey(privateKey), enrSeq: 9n, enrContent: '' };
  const eth = presentForkId(mainnet, Date.UTC(2026, 5, 1));
  const record = { ip4: '127.0.0.1', ip6: null, udp: 30303, tcp: null, eth };
  const said = readEnr(signOwnRecord(curve, identity, record));
  assert.deepEqual(
    [said.ip, said.udp, said.tcp, said.ip6, said.seq, bytesToHex(said.eth!.hash)],
    ['127.0.0.1', 30303, null, null, 9n, '07c9462e'],
  );
  assert.equal(readEnr(signOwnRecord(curve, identity, { ...record, tcp: 1 })).tcp, 1);
  assert.equal(recordContent(record), '127.0.0.1  30303  07c9462e/0');
  // After a fork the record says something else, and so takes the next number.
  assert.notEqual(
    recordContent({ ...record, eth: presentForkId(mainnet, Date.UTC(2025, 0, 1)) }),
    recordContent(record),
  );
});

test('our address is what most subnets report, and one host cannot outvote them', () => {
  const votes = new AddressVotes();
  for (let host = 1; host < 200; host++) votes.note(`6.6.6.${host}`, '6.6.6.6');
  for (let net = 0; net < 9; net++) votes.note(`8.8.${net}.1`, '1.2.3.4');
  assert.equal(votes.elected(4), '1.2.3.4');
  assert.equal(votes.elected(6), null);
  const few = new AddressVotes();
  for (let net = 0; net < 9; net++) few.note(`8.8.${net}.1`, '1.2.3.4');
  assert.equal(few.elected(4), null);
  const split = new AddressVotes();
  for (let net = 0; net < 12; net++) split.note(`8.8.${net}.1`, net % 2 === 0 ? '1.2.3.4' : '5.6.7.8');
  assert.equal(split.elected(4), null);
});

test('the memory of votes is bounded', () => {
  const votes = new AddressVotes();
  for (let net = 0; net < 2_000; net++) votes.note(`9.${net >> 8}.${net & 255}.1`, '1.2.3.4');
  assert.equal(votes.size, 512);
});
