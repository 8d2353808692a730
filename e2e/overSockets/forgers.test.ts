/** What forgers cost, with processes over real sockets. */
import { measureByProcess } from '../scenarios/crawlProcesses.ts';
import { testForgers } from '../scenarios/forgers.ts';

testForgers(measureByProcess, 600);
