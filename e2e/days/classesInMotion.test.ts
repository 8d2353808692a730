/** Forks for longer and among many nodes; npm test has both in a short form. */
import { test } from 'node:test';
import { seeForkByBlock, seeForkByTime } from '../scenarios/classesInMotion.ts';

test('a private chain whose fork by block is still ahead: ready from the start, and never at genesis, over two hours', (t) =>
  seeForkByBlock(t, 110 * 60_000));

test('a fork by time: who of many was visited before it is not yet known, and is visited first', (t) =>
  seeForkByTime(t, { ready: 60, late: 20, atGenesis: 4 }));
