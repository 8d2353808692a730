import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { idHash } from './nodeEndpoint.ts';

test('idHash is the DHT address that enr.md gives for its example key', () => {
  const id =
    'ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd31387574077f301b421bc84df7266c44e9e6d569fc56be00812904767bf5ccd1fc7f';
  const hash = bytesToHex(idHash(hexToBytes(id)));
  assert.equal(hash, 'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7');
});
