/**
 * A process of one test file: `node testProcess.js FILE`. Node's test runner notes of each promise and each timer to which
 * test it belongs, which costs whatever makes many of them a third of its time. It needs that for tests that are declared
 * inside others, and to name the test in which an error was never caught. So it notes only until the file has declared
 * its tests; then an error that nobody catches ends the process, as it would end a program.
 */
import asyncHooks from 'node:async_hooks';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const file = process.argv[2] ?? '';
process.argv.splice(1, 1);
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
const notes = watchHooks();
await import(pathToFileURL(file).href);
for (const hook of notes) hook.disable();

/** The hooks that node's test runner makes: it takes the maker once, when it is loaded. */
function watchHooks(): readonly asyncHooks.AsyncHook[] {
  const made: asyncHooks.AsyncHook[] = [];
  const { createHook } = asyncHooks;
  asyncHooks.createHook = (callbacks) => {
    const hook = createHook(callbacks);
    made.push(hook);
    return hook;
  };
  createRequire(import.meta.url)('node:test');
  asyncHooks.createHook = createHook;
  return made;
}
