import { testKills } from '../fixtures/killedCrawl.ts';

testKills(
  process.env.CI === 'true' ? { kills: 20, liarCount: 60, second: 83 } : { kills: 8, liarCount: 40, second: 83 },
);
