/**
 * Loaded into a process before its program (`node --import`): its wall clock is as far ahead as a file says, as if
 * somebody had set the machine's. Steady clocks are as they were.
 */
import { readFileSync } from 'node:fs';

const file = process.env.TEST_CLOCK_FILE;
/** The file is looked at this often, ms. */
const lookMs = 100;

if (file !== undefined) {
  const RealDate = Date;
  const realNow = Date.now;
  let aheadMs = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const now = (): number => {
    if (performance.now() - lookedAt > lookMs) {
      lookedAt = performance.now();
      aheadMs = Number(readFileSync(file, 'utf8')) || 0;
    }
    return realNow() + aheadMs;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
