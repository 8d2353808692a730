/** What forgers cost, in virtual time and among half the nodes; e2e/overSockets has it as it is in the world. */
import { measureVirtually } from './scenarios/crawlVirtual.ts';
import { testForgers } from './scenarios/forgers.ts';

testForgers(measureVirtually, 300);
