/** What looks like a chain split and is none, with crawler and API as processes over real sockets. */
import { testNoSplit } from '../scenarios/noSplit.ts';
import { watchProcesses } from '../scenarios/watchProcesses.ts';

testNoSplit(watchProcesses);
