import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Proxies before the peer ports of members: a cable that can be pulled. */
export interface EtcdLinks {
  /** Cuts a member off from all others, by its ID in hex and the name of its proxy. */
  isolate(member: { readonly name: string; readonly hexId: string }): void;
  heal(): void;
  close(): Promise<void>;
}

interface Link {
  readonly to: string;
  from: string | null;
  readonly ends: readonly [Socket, Socket];
}

/** One proxy a member. Who dials is known from the header X-Server-From, which members send with each request of theirs. */
export async function openEtcdLinks(
  proxies: readonly { readonly name: string; readonly port: number; readonly peerPort: number }[],
): Promise<EtcdLinks> {
  let isolated: { readonly name: string; readonly hexId: string } | null = null;
  const links = new Set<Link>();
  const isCut = ({ to, from }: Link): boolean => isolated !== null && (to === isolated.name || from === isolated.hexId);
  const cut = ({ ends }: Link): void => {
    for (const end of ends) end.destroy();
  };
  const servers = await Promise.all(
    proxies.map(async ({ name, port, peerPort }): Promise<Server> => {
      const server = createServer((near) => {
        const far = connect(peerPort, '127.0.0.1');
        const link: Link = { to: name, from: null, ends: [near, far] };
        links.add(link);
        const end = (): void => {
          cut(link);
          links.delete(link);
        };
        for (const socket of link.ends) socket.on('error', end).on('close', end);
        near.on('data', (data) => {
          const sender = /\r\nX-Server-From: ([0-9a-f]{1,16})\r\n/i.exec(data.toString('latin1'))?.[1];
          if (sender !== undefined) link.from = sender;
          if (isCut(link)) end();
          else far.write(data);
        });
        far.on('data', (data) => near.write(data));
      });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  return {
    isolate(member) {
      isolated = member;
      for (const link of links) if (isCut(link)) cut(link);
    },
    heal() {
      isolated = null;
    },
    async close() {
      for (const link of links) cut(link);
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
