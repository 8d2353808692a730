import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListNetworksResponse, Network } from '../../api/contract/networks.ts';
import { inOrder, openingNetwork } from './openingNetwork.ts';

const network = (slug: string): Network => ({
  slug,
  name: slug,
  networkId: '1',
  genesisHash: '0x',
  watched: false,
  genesisForkHash: '0x',
  ended: null,
  fileIsOlder: false,
  forks: [],
});
const listed = (...watched: string[]): ListNetworksResponse => ({
  networks: ['base', 'mainnet', 'sepolia'].map(network),
  watched,
  freshness: { asOf: null, ageSeconds: null, stale: false, simulated: false },
});

test('a page opens on the first network that is watched, not on the first that is known', () => {
  assert.equal(openingNetwork(null, listed('mainnet')), 'mainnet');
  assert.equal(openingNetwork(null, listed('sepolia', 'mainnet')), 'sepolia');
  assert.equal(openingNetwork('base', listed('mainnet')), 'base', 'who asks for another gets it');
});

test('without a watched network, or before the list is there, it is everything', () => {
  assert.equal(openingNetwork(null, listed()), 'all');
  assert.equal(openingNetwork(null, null), 'all');
});

test('watched networks are offered first, in the order of the configuration', () => {
  assert.deepEqual(
    inOrder(listed('sepolia', 'base')).map(({ slug }) => slug),
    ['sepolia', 'base', 'mainnet'],
  );
  assert.deepEqual(inOrder(null), []);
});
