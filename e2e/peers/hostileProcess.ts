/** Liars in a process of their own: `node hostileProcess.js COUNT SECOND [IP PORT]`. Prints `ready` when all are up. */

import { startHostilePeers } from '../../crawler/testkit/hostilePeers.ts';
import { chooseCurve } from '../../crawler/wire/secp256k1.ts';

const [, , count, second, ip, port] = process.argv;
const introduceTo = ip !== undefined && port !== undefined ? { introduceTo: { ip, port: Number(port) } } : {};
const liars = await startHostilePeers(await chooseCurve(), {
  count: Number(count),
  second: Number(second),
  ...introduceTo,
});
process.on('disconnect', () => process.exit(0));
process.send?.(liars.peers);
console.log('ready');
