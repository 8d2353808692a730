import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, one of which might take it before a server does. */
const lowest = 20_000;
const highest = 30_000;

/** Ports of 127.0.0.1 for servers that are told their port and may start again on it. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // BOUNDED: by count.
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
