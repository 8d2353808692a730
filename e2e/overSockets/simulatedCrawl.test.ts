/** Single crawls of simulated networks, with processes over real sockets. */
import { crawlOnceByProcess } from '../scenarios/crawlProcesses.ts';
import { testSimulatedCrawl } from '../scenarios/simulatedCrawl.ts';

testSimulatedCrawl(crawlOnceByProcess);
