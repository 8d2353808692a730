/**
 * Records a discv4 bond with a real geth as a vector: `node dist/testkit/recordDiscv4.js GETH OUT.json`. Run it
 * in a network namespace of its own (`unshare -n`, with lo up): geth binds every address.
 */
import { writeFileSync } from 'node:fs';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { startGeth } from './startGeth.ts';
import { talkDiscv4 } from './talkDiscv4.ts';

const [binary = 'geth', out = 'discv4.json'] = process.argv.slice(2);
const geth = await startGeth(binary, 30_399, { discovery: true });
try {
  const { transcript, outcomes } = await talkDiscv4(await chooseCurve(), {
    peer: geth.version,
    privateKey: '42'.padStart(64, '0'),
    own: { ip: '127.0.1.42', port: 30_398 },
    contact: { id: bytesToHex(geth.id), ip: '127.0.0.1', udp: geth.port, tcp: geth.port },
  });
  if (outcomes.some(({ code }) => code !== 'ok')) throw new Error(JSON.stringify(outcomes.map(({ code }) => code)));
  writeFileSync(out, `${JSON.stringify(transcript, null, 1)}\n`);
} finally {
  await geth.stop();
}
