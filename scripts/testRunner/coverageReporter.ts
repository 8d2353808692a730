import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { packageRoot } from '../../lib/packageRoot.ts';
import { coverageTable } from './coverage.ts';

/** Prints nothing but the coverage, by folder. */
// biome-ignore lint/style/noDefaultExport: node takes a reporter as a default export
export default async function* coverageReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:coverage') continue;
    const files = event.data.summary.files.map((file) => {
      const path = relative(packageRoot, file.path).replace(/^dist\//, '');
      return { ...file, path };
    });
    yield `${coverageTable(files.filter(({ path }) => !path.startsWith('scripts/testRunner/')))}\n`;
  }
}
