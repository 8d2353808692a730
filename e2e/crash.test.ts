/** The short form; e2e/long has the one with many kills. */
import { testKills } from './fixtures/killedCrawl.ts';

testKills({ kills: 2, liarCount: 20, second: 83 });
