/**
 * Preload for @ethereumjs/client, which listens on 0.0.0.0 whatever it is told: rewrites that to BIND_IP, for UDP
 * and TCP, so that many run side by side on loopback addresses of their own. Protocol code is not touched.
 */
import dgram from 'node:dgram';
import net from 'node:net';

const ip = process.env.BIND_IP ?? '127.0.0.1';

type Anything = (...args: unknown[]) => unknown;

function rewriteAddress(owner: object, method: string): void {
  const methods = owner as Record<string, Anything>;
  const original = methods[method];
  if (original === undefined) throw new Error(`no method ${method} to rewrite`);
  methods[method] = function (this: unknown, ...args: unknown[]) {
    return original.apply(
      this,
      args.map((argument) => (argument === '0.0.0.0' ? ip : argument)),
    );
  };
}

rewriteAddress(dgram.Socket.prototype, 'bind');
rewriteAddress(net.Server.prototype, 'listen');
