import { testClosedOutput } from '../fixtures/closedOutput.ts';

testClosedOutput([
  { program: 'start', by: ['SIGINT'] },
  { program: 'crawl', by: ['SIGINT'] },
  { program: 'crawl', by: ['SIGHUP'] },
]);
