import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP proxy for each direction between every pair of nodes, so that single links can be cut. */
export interface Links {
  /** Where `from` finds `to`. Both count from 1. */
  portOf(from: number, to: number): number;
  cut(a: number, b: number): void;
  /** Cuts every link of a node. */
  isolate(node: number): void;
  healAll(): void;
  close(): Promise<void>;
}

/** `targets`: the real ports on 127.0.0.1, by node from 1. */
export async function openLinks(targets: readonly number[]): Promise<Links> {
  const cuts = new Set<string>();
  // BOUNDED: by the pairs of nodes
  const ends = new Map<string, { readonly server: Server; readonly port: number; readonly sockets: Set<Socket> }>();
  for (const [i] of targets.entries()) {
    for (const [j, target] of targets.entries()) {
      if (i === j) continue;
      const key = `${i + 1}>${j + 1}`;
      const link = linkOf(i + 1, j + 1);
      const sockets = new Set<Socket>();
      const server = createServer((near) => {
        if (cuts.has(link)) {
          near.destroy();
          return;
        }
        const far = dial(target, '127.0.0.1');
        for (const socket of [near, far]) {
          sockets.add(socket);
          socket.setNoDelay(true);
          socket.on('error', () => {});
          socket.on('close', () => {
            sockets.delete(socket);
            near.destroy();
            far.destroy();
          });
        }
        near.pipe(far);
        far.pipe(near);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      ends.set(key, { server, sockets, port: typeof address === 'object' && address !== null ? address.port : 0 });
    }
  }
  const cut = (a: number, b: number): void => {
    cuts.add(linkOf(a, b));
    for (const key of [`${a}>${b}`, `${b}>${a}`]) {
      for (const socket of ends.get(key)?.sockets ?? []) socket.resetAndDestroy();
    }
  };
  return {
    portOf: (from, to) => ends.get(`${from}>${to}`)?.port ?? 0,
    cut,
    isolate: (node) => {
      for (const [index] of targets.entries()) if (index + 1 !== node) cut(node, index + 1);
    },
    healAll: () => cuts.clear(),
    close: async () => {
      for (const { server, sockets } of ends.values()) {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function linkOf(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
