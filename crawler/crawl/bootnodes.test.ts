import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { parseNetworkFile } from '../../chains/networks/networkFile.ts';
import { parseCidr } from '../../lib/ipAddress.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { formatEnr, signEnr } from '../../p2p/wire/enr.ts';
import { keyOf } from '../../p2p/wire/nodeEndpoint.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { Bootnodes } from './bootnodes.ts';

const curve = await chooseCurve();
const read = (name: string): string => readFileSync(join(packageRoot, 'crawler/testdata', name), 'utf8');
const key =
  '519ba17600ba8d7f7abec4e3d6b58c5532fc696ae2f9a89f62353d6f5c03c0e71c07b54ff76fe861251a824e39d33e50b73d0cb507cc636110f5bdf363e61982';

function open(
  texts: readonly string[],
  { cidrs = ['127.0.0.0/8'], dns = [] as string[], network = null as string | null } = {},
) {
  const policy = createAddressPolicy(
    cidrs.map((cidr) => parseCidr(cidr)!),
    cidrs.length === 0,
  );
  const given = (text: string) => ({ text, network, source: 'bootnode' as const });
  return new Bootnodes(texts.map(given), dns.map(given), { curve, policy });
}

test('every discv5 bootnode of a shipped network is a signed record with an address that may be contacted', () => {
  const shipped = loadBuiltinNetworks().flatMap(({ discv5Bootnodes }) => discv5Bootnodes);
  assert.ok(shipped.length >= 60, `${shipped.length} records`);
  const { usable, problems } = open(shipped, { cidrs: [] }).tally();
  assert.deepEqual([usable, problems], [shipped.length, []]);
});

/** As a crawler that has only this file sees it. */
function openFile(name: string): Bootnodes {
  const parsed = parseNetworkFile(read(name), name);
  assert.ok('network' in parsed, name);
  const { bootnodes, dns, allowedCidrs, slug } = parsed.network;
  return open(bootnodes, { cidrs: [...allowedCidrs], dns: [...dns], network: slug });
}

const shown = (bootnodes: Bootnodes) =>
  bootnodes.firstContacts().map(({ contact: { ip, udp, tcp } }) => `${ip} ${udp} ${tcp}`);
const codes = (bootnodes: Bootnodes) => bootnodes.tally().problems.map(({ code, about }) => [code, about]);

test('URLs of static-nodes.json files: what can be used is used, all else is named with its reason', () => {
  const lines = read('enode-urls.txt').trim().split('\n');
  const each = lines.map((line) => open([line]));
  assert.deepEqual(
    each.map((one) => [...shown(one), ...one.names.map((name) => `name ${name}`), ...codes(one).map(([code]) => code)]),
    [
      ['127.0.0.1 0 21000'],
      ['127.0.0.1 21000 21000'],
      ['name validator-1.example.internal'],
      ['addressUnspecified'],
      ['127.0.0.1 0 21000'],
      ['127.0.0.1 30303 30303'],
      ['portInvalid'],
    ],
  );
  const all = open(lines);
  const { given, usable, waiting, problems } = all.tally();
  assert.deepEqual([given, usable, waiting, problems.length], [7, 4, 1, 2]);
  assert.equal(shown(all).length, 1, 'they are all one node');
});

test('network files: a name, no UDP, an unspecified address, a private address without permission, nothing but DNS lists', () => {
  const named = openFile('hostname-bootnode.network.json');
  assert.deepEqual([named.names, named.tally().waiting, codes(named)], [['localhost'], 1, []]);
  const hidden = openFile('discport-0.network.json');
  assert.deepEqual([shown(hidden), codes(hidden)], [['127.61.0.2 0 30303'], []]);
  const unspecified = openFile('unspecified-address.network.json');
  assert.deepEqual([shown(unspecified), codes(unspecified)], [[], [['addressUnspecified', '[::]']]]);
  const refused = openFile('private-bootnode-no-cidrs.network.json');
  assert.deepEqual([shown(refused), codes(refused)], [[], [['addressRefused', '127.61.0.1']]]);
  assert.equal(refused.tally().problems[0]?.network, 'hb');
  const listed = openFile('dns-only.network.json');
  assert.deepEqual([listed.tally().given, codes(listed)], [0, [['dnsList', '']]]);
  assert.match(listed.tally().problems[0]?.bootnode ?? '', /^enrtree:\/\//);
});

test('DNS lists beside a bootnode that can be used are no problem', () => {
  assert.deepEqual(codes(open([`enode://${key}@127.0.0.1:30303`], { dns: ['enrtree://A@all.example.org'] })), []);
});

test('texts as people write them, keys, and records', () => {
  const usable = (text: string) => shown(open([text]));
  assert.deepEqual(usable(`  "enode://${key.toUpperCase()}@127.0.0.1:30303",  # london`), ['127.0.0.1 30303 30303']);
  assert.deepEqual(usable(`enode://${key}@127.0.0.1:30303 // the first`), ['127.0.0.1 30303 30303']);
  assert.deepEqual(
    codes(open([`enode://${'5a'.repeat(64)}@127.0.0.1:30303`])),
    [['keyInvalid', '']],
    'not on the curve',
  );
  assert.deepEqual(codes(open(['enrtree://A@all.example.org', 'http://x', 'enr:-abc_'])), [
    ['dnsList', ''],
    ['notNodeUrl', ''],
    ['recordInvalid', ''],
  ]);
  const record = (pairs: Parameters<typeof signEnr>[2]['pairs']) =>
    formatEnr(signEnr(curve, new Uint8Array(32).fill(7), { seq: 1n, pairs }));
  const ip = Uint8Array.of(127, 0, 0, 1);
  assert.deepEqual(usable(record({ ip, udp: 30_303, tcp: 30_304 })), ['127.0.0.1 30303 30304']);
  assert.deepEqual(usable(record({ ip, tcp: 30_304 })), ['127.0.0.1 0 30304'], 'without UDP');
  assert.deepEqual(codes(open([record({ tcp: 30_304 })])), [['addressMissing', '']]);
  assert.deepEqual(codes(open([record({ ip })])), [['portMissing', '']]);
  const ip6 = Uint8Array.from({ length: 16 }, (_, at) => (at === 15 ? 1 : 0));
  const both = open([record({ ip, ip6, udp: 30_303, tcp: 30_303, tcp6: 30_305 })], {
    cidrs: ['127.0.0.0/8', '::1/128'],
  });
  assert.deepEqual(shown(both), ['127.0.0.1 30303 30303']);
  const { contact } = both.firstContacts()[0]!;
  both.visited(keyOf(contact), makeVisit(1, 0, { contact }).outcome);
  const next = both.nextContact(keyOf(contact))!;
  assert.deepEqual([next.contact.ip, next.contact.udp, next.contact.tcp, next.isNew], ['::1', 30_303, 30_305, true]);
  // The record of the specification (EIP-778).
  const specified =
    'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8';
  assert.deepEqual(usable(specified), ['127.0.0.1 30303 0']);
});

test('a name leads to every address that may be contacted, one after another, and is followed when it changes', () => {
  const bootnodes = open([`enode://${key}@node.example:30303?discport=0`]);
  const idKey = Buffer.from(key, 'hex').toString('latin1');
  assert.deepEqual([bootnodes.names, shown(bootnodes), bootnodes.tally().waiting], [['node.example'], [], 1]);
  const unknown = bootnodes.answered('node.example', { at: 'unknown' });
  assert.deepEqual(
    unknown.news.map((news) => news?.code),
    ['nameUnknown'],
  );
  assert.deepEqual(bootnodes.answered('node.example', { at: 'unknown' }).news, [], 'nothing new');
  assert.deepEqual(bootnodes.answered('node.example', { at: 'found', ips: ['10.0.0.5', '8.8.8.8'] }).news[0], {
    ...{ bootnode: `enode://${key}@node.example:30303?discport=0`, network: null },
    ...{ code: 'addressRefused', about: '10.0.0.5, 8.8.8.8' },
  });
  const found = bootnodes.answered('node.example', { at: 'found', ips: ['10.0.0.5', '127.0.0.2', '127.0.0.3'] });
  assert.deepEqual([found.news, found.ids.map(bytesToHex)], [[null], [key]]);
  const visit = (ip: string, answers: boolean) =>
    bootnodes.visited(
      idKey,
      makeVisit(1, 0, {
        contact: { id: Buffer.from(key, 'hex'), ip, udp: 0, tcp: 30_303 },
        ...(answers ? { stage: 'auth', code: 'disconnected' } : { code: 'dialRefused' }),
      }).outcome,
    );
  assert.deepEqual(shown(bootnodes), ['127.0.0.2 0 30303']);
  visit('127.0.0.2', false);
  assert.deepEqual(
    [bootnodes.nextContact(idKey)?.contact.ip, bootnodes.nextContact(idKey)?.isNew],
    ['127.0.0.3', true],
  );
  visit('127.0.0.3', false);
  const around = bootnodes.nextContact(idKey);
  assert.deepEqual([around?.contact.ip, around?.isNew], ['127.0.0.2', false], 'all were tried');
  bootnodes.answered('node.example', { at: 'found', ips: ['127.0.0.9'] });
  assert.deepEqual(bootnodes.nextContact(idKey)?.contact.ip, '127.0.0.9');
  assert.deepEqual(bootnodes.answered('node.example', { at: 'unanswered' }).news, [], 'what it had is kept');
  visit('127.0.0.9', true);
  const { tried, answered, pinged, alive } = bootnodes.tally();
  assert.deepEqual({ tried, answered, pinged, alive }, { tried: 1, answered: 1, pinged: 0, alive: 0 });
});

test('a PONG counts as an answer; an inbound session does not count as an attempt', () => {
  const bootnodes = open([`enode://${key}@127.0.0.1:30303`]);
  const { contact } = bootnodes.firstContacts()[0]!;
  bootnodes.visited(keyOf(contact), makeVisit(1, 0, { contact, direction: 'inbound', stage: 'hello' }).outcome);
  assert.equal(bootnodes.tally().tried, 0);
  bootnodes.visited(keyOf(contact), makeVisit(1, 0, { contact, pong: makePong, stage: 'pong' }).outcome);
  const { tried, answered, pinged, alive } = bootnodes.tally();
  assert.deepEqual({ tried, answered, pinged, alive }, { tried: 1, answered: 1, pinged: 1, alive: 1 });
});
