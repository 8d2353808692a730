import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { parseEthConfig } from '../ask/readEthConfig.ts';
import { compareSchedule, type ScheduleStep } from './compareSchedule.ts';

const answer = JSON.parse(readFileSync(join(packageRoot, 'consortium/testdata/ethConfigHoodi.json'), 'utf8'));
const config = parseEthConfig(answer)!;

/** Hoodi's fork hashes, as Besu's ForkIdsNetworkConfigTest has them. */
const hoodi: ScheduleStep[] = [
  { hash: 'bef71d30', name: 'genesis' },
  { hash: '0929e24e', name: 'Prague' },
  { hash: 'e7e0e7ff', name: 'Osaka' },
  { hash: '3893353e', name: 'BPO1' },
  { hash: '23aa1351', name: 'BPO2' },
];

test('what geth 1.17.5 answered on Hoodi at genesis', () => {
  assert.deepEqual(config, {
    current: { hash: 'bef71d30', at: 0n },
    next: { hash: '0929e24e', at: 1_742_999_832n },
    last: { hash: '23aa1351', at: 1_762_955_544n },
  });
  assert.deepEqual(compareSchedule(hoodi, config), { at: 'agrees' });
});

test('a file that lacks the last fork is older; the fork is reported with the hash before it', () => {
  assert.deepEqual(compareSchedule(hoodi.slice(0, -1), config), {
    at: 'fileIsOlder',
    forks: [{ hash: '23aa1351', at: 1_762_955_544n, base: '3893353e' }],
    unplaced: null,
  });
  // Two are missing: eth_config names only the last, which does not follow from what is known.
  assert.deepEqual(compareSchedule(hoodi.slice(0, -2), config), {
    at: 'fileIsOlder',
    forks: [],
    unplaced: '23aa1351',
  });
  assert.deepEqual(compareSchedule(hoodi.slice(0, 1), config), {
    at: 'fileIsOlder',
    forks: [{ hash: '0929e24e', at: 1_742_999_832n, base: 'bef71d30' }],
    unplaced: '23aa1351',
  });
});

test('a node that lacks forks of the file, and one with a fork of its own', () => {
  const amsterdam = { hash: '11223344', name: 'Amsterdam' };
  assert.deepEqual(compareSchedule([...hoodi, amsterdam], config), { at: 'nodeIsOlder', names: ['Amsterdam'] });
  const strange = { ...config, next: { hash: 'deadbeef', at: 1_900_000_000n } };
  assert.deepEqual(compareSchedule(hoodi, strange), { at: 'differs', hashes: ['deadbeef'] });
  const none = { current: { hash: '23aa1351', at: 1_762_955_544n }, next: null, last: null };
  assert.deepEqual(compareSchedule(hoodi, none), { at: 'agrees' }, 'nothing is scheduled');
});

test('an answer that makes no sense says nothing', () => {
  const { result } = answer;
  for (const wrong of [
    undefined,
    { error: { code: -32601, message: 'the method eth_config does not exist' } },
    { result: null },
    { result: {} },
    { result: { ...result, current: { ...result.current, forkId: '0x12' } } },
    { result: { ...result, current: { ...result.current, activationTime: -1 } } },
    { result: { ...result, current: { ...result.current, activationTime: '0' } } },
  ]) {
    assert.equal(parseEthConfig(wrong as never), null);
  }
  assert.equal(parseEthConfig({ result: { ...result, next: null, last: 7 } } as never)?.last, null);
});
