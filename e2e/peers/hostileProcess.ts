/** Liars in a process of their own: `node hostileProcess.js '<options>'`; reports who they are once all are up. */

import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { startHostilePeers } from '../../testkit/hostilePeers.ts';

const options = JSON.parse(process.argv[2] ?? '') as Parameters<typeof startHostilePeers>[1];
const liars = await startHostilePeers(await chooseCurve(), options);
process.on('disconnect', () => process.exit(0));
process.on('message', () => process.send?.({ told: liars.told() }));
process.send?.({ peers: liars.peers });
