/** Crawlers that share a database, with processes over real sockets. */
import { openProcessRig } from '../scenarios/crawlProcesses.ts';
import { testLeases } from '../scenarios/leases.ts';

testLeases(openProcessRig);
