import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '../../api/contract/networks.ts';
import { parseForkKey, scheduleState } from './forkKey.ts';

// Hashes and times of mainnet's schedule: EIP-2124 over params/config.go of go-ethereum.
const network: Network = {
  slug: 'mainnet',
  name: 'Ethereum mainnet',
  networkId: '1',
  genesisHash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  watched: true,
  genesisForkHash: '0xfc64ec04',
  ended: null,
  fileIsOlder: false,
  forks: [
    {
      name: 'Homestead',
      kind: 'block',
      at: '1150000',
      hash: '0x97c2c34c',
      activated: true,
      firstBlock: null,
      firstBlockAt: null,
    },
    {
      name: 'BPO1',
      kind: 'time',
      at: '1765290071',
      hash: '0xcba2a1c0',
      activated: true,
      firstBlock: null,
      firstBlockAt: null,
    },
    {
      name: 'BPO2',
      kind: 'time',
      at: '1767747671',
      hash: '0x07c9462e',
      activated: false,
      firstBlock: null,
      firstBlockAt: null,
    },
  ],
};

test('a fork ID is named from the schedule', () => {
  assert.deepEqual(parseForkKey('cba2a1c0/1767747671', network), {
    hash: 'cba2a1c0',
    next: '1767747671',
    name: 'BPO1',
    position: 2,
    nextName: 'BPO2',
  });
  assert.equal(parseForkKey('0xfc64ec04/1150000', network)?.position, 0);
});

test('what the schedule does not have stays raw', () => {
  const fork = parseForkKey('deadbeef/18446744073709551615', network);
  assert.equal(fork?.name, null);
  assert.equal(fork?.position, null);
  assert.equal(fork?.nextName, null);
});

test('what is no fork ID is none', () => {
  for (const key of ['other', '', 'cba2a1c0', 'cba2a1c0/-1', 'CBA2A1C0/0', 'cba2a1c0/1/2']) {
    assert.equal(parseForkKey(key, network), null, key);
  }
});

test('the schedule knows where it stands', () => {
  assert.equal(scheduleState(network).current?.name, 'BPO1');
  assert.equal(scheduleState(network).upcoming?.name, 'BPO2');
  assert.deepEqual(scheduleState({ ...network, forks: [] }), { current: null, upcoming: null });
});

test('forks by block are active while no head is known; where it is known, it decides', () => {
  const blockFork = (name: string, activated: boolean | null): Network['forks'][number] => {
    return { name, kind: 'block', at: '9', hash: '0x97c2c34c', activated, firstBlock: '9', firstBlockAt: null };
  };
  const stateOf = (...activated: (boolean | null)[]) => {
    const { current, upcoming } = scheduleState({
      ...network,
      forks: activated.map((is, place) => blockFork(`${place}`, is)),
    });
    return [current?.name ?? null, upcoming?.name ?? null];
  };
  assert.deepEqual(stateOf(null, null), ['1', null]);
  assert.deepEqual(stateOf(true, null), ['1', null]);
  assert.deepEqual(stateOf(true, false), ['0', '1']);
  assert.deepEqual(stateOf(false, false), [null, '0']);
});
