import { test } from 'node:test';
import { letLeasesLapse } from '../../testkit/virtualCrawl/simulatedWeek.ts';

// e2e/days has them in a whole week.
test('leases lapse, and others are at work, by the clock of the world', letLeasesLapse);
