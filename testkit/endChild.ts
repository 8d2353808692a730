import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Ends a child and resolves when it is gone. With `patienceMs` its channel is closed first, and it has that long to end
 * by itself.
 */
export async function endChild(child: ChildProcess, patienceMs = 0): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (patienceMs > 0 && child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(timer);
}
