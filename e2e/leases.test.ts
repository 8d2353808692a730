/** Crawlers that share a database, in virtual time; e2e/overSockets has it as it is in the world. */
import { openVirtualRig } from './scenarios/crawlVirtual.ts';
import { testLeases } from './scenarios/leases.ts';

testLeases(openVirtualRig);
