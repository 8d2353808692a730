/** What looks like a chain split but is not, with crawler and API as processes over real sockets. */
import { testNoSplit } from '../scenarios/noSplit.ts';
import { watchProcesses } from '../scenarios/watchProcesses.ts';

testNoSplit(watchProcesses);
