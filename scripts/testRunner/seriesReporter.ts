/**
 * Node's reporter for a process that runs several test files, each as one suite: it prints nothing, and hands over what
 * would be printed of each file if it ran by itself, totals included, as it ends.
 */
import { spec, type TestEvent } from 'node:test/reporters';
import { noTotals, type Totals, totalNames } from './testOutput.ts';

let handOver: (output: string) => void = () => {};

/** The output of the file that ends next. */
export function nextOutput(): Promise<string> {
  return new Promise((resolve) => {
    handOver = resolve;
  });
}

// biome-ignore lint/style/noDefaultExport: node takes a reporter as a default export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let file = openFile();
  for await (const event of events) {
    const { data } = event;
    if (data === undefined || !('nesting' in data)) continue;
    if (data.nesting > 0) file.take({ ...event, data: { ...data, nesting: data.nesting - 1 } } as TestEvent);
    else if (event.type === 'test:pass' || event.type === 'test:fail') {
      file.fail(event);
      handOver(await file.end(event.data.details.duration_ms));
      file = openFile();
    }
  }
  yield '';
}

function openFile() {
  const printer = new spec();
  let output = '';
  printer.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const totals: Record<keyof Totals, number> = { ...noTotals };
  const count = (event: TestEvent): void => {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') return;
    const { details, skip, todo } = event.data;
    if (details.type === 'suite') {
      totals.suites++;
      return;
    }
    totals.tests++;
    if (skip !== undefined) totals.skipped++;
    else if (todo !== undefined) totals.todo++;
    else if (event.type === 'test:pass') totals.pass++;
    else if (failureOf(event) === 'cancelledByParent') totals.cancelled++;
    else totals.fail++;
  };
  return {
    take: (event: TestEvent): void => {
      count(event);
      printer.write(event);
    },
    /** What failed of the file as a whole: it could not be loaded, or a hook of all its tests. */
    fail: (event: TestEvent): void => {
      if (event.type !== 'test:fail' || failureOf(event) === 'subtestsFailed') return;
      totals.tests++;
      totals.fail++;
      printer.write(event);
    },
    end: async (durationMs: number): Promise<string> => {
      const lines = [...totalNames.map((name) => `${name} ${totals[name]}`), `duration_ms ${durationMs}`];
      for (const message of lines) printer.write({ type: 'test:diagnostic', data: { nesting: 0, message } });
      const ended = new Promise((resolve) => printer.once('end', resolve));
      printer.end();
      await ended;
      return output;
    },
  };
}

/** Why node says that a test failed. */
function failureOf(event: TestEvent): unknown {
  if (event.type !== 'test:fail') return null;
  const { error } = event.data.details;
  return 'failureType' in error ? error.failureType : null;
}
