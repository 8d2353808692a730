/** Two of the ways in which a program ends without a reader; e2e/long has the others. */
import { testClosedOutput } from './fixtures/closedOutput.ts';

testClosedOutput([
  { program: 'start', by: ['SIGHUP', 'SIGHUP'] },
  { program: 'serve', by: ['SIGINT'] },
]);
