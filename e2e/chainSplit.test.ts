/** A chain split, in virtual time; e2e/overSockets has it as it is in the world. */
import { testChainSplit } from './scenarios/chainSplit.ts';
import { watchVirtual } from './scenarios/watchVirtual.ts';

testChainSplit(watchVirtual);
