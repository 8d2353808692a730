/** A chain split, with crawler and API as processes over real sockets. */
import { testChainSplit } from '../scenarios/chainSplit.ts';
import { watchProcesses } from '../scenarios/watchProcesses.ts';

testChainSplit(watchProcesses);
