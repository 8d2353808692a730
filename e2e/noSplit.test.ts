/** What looks like a chain split but is not, in virtual time; e2e/overSockets has it as it is in the world. */
import { testNoSplit } from './scenarios/noSplit.ts';
import { watchVirtual } from './scenarios/watchVirtual.ts';

testNoSplit(watchVirtual);
