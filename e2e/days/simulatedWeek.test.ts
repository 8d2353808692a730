import { test } from 'node:test';
import { passWeek } from '../../testkit/virtualCrawl/simulatedWeek.ts';

test('a week of visits, censuses, roll-ups and retention passes by the world’s clock alone', passWeek);
