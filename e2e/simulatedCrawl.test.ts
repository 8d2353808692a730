/** Single crawls of simulated networks, in virtual time; e2e/overSockets has it as it is in the world. */
import { crawlOnceVirtually } from './scenarios/crawlVirtual.ts';
import { testSimulatedCrawl } from './scenarios/simulatedCrawl.ts';

testSimulatedCrawl(crawlOnceVirtually);
