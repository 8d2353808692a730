/** Forks come while a crawler watches with its own settings, in virtual time: no census judges nodes by the clock alone. */
import { test } from 'node:test';
import { seeForkByBlock, seeForkByTime } from './scenarios/classesInMotion.ts';

// e2e/days has both for longer and among three times as many.
test('a private chain whose fork by block is still ahead: ready from the start, and never at genesis', (t) =>
  seeForkByBlock(t, 76 * 60_000));

test('a fork by time: who was visited before it is not yet known, and is visited first', (t) =>
  seeForkByTime(t, { ready: 20, late: 7, atGenesis: 2 }));
