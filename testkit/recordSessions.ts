/**
 * Records sessions with a real geth as vectors: `node dist/testkit/recordSessions.js GETH OUT.json`.
 * Starts it on an empty mainnet data directory without discovery, dials it once with each version of eth from 69
 * on, and has it dial us once with each. Run it in a network namespace of its own (`unshare -n`, with lo up): geth
 * binds every address.
 */
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { RlpxSession, RlpxSessionOutput } from '../p2p/protocol/rlpxSession.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../p2p/wire/bytes.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { type SessionTranscript, transcriptSession } from './sessionTranscript.ts';
import { startGeth } from './startGeth.ts';

const [binary = 'geth', out = 'sessions.json'] = process.argv.slice(2);
const versions = [69, 70, 71, 72];
const gethPort = 30_399;
const clientName = 'forkscope/v0.1.0/record';
const curve = await chooseCurve();
const geth = await startGeth(binary, gethPort);

type Inputs = Parameters<typeof transcriptSession>[1];

function record(socket: Socket, session: RlpxSession, inputs: Inputs): Promise<SessionTranscript> {
  const received: { atMs: number; hex: string }[] = [];
  const sent: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    function apply(outputs: readonly RlpxSessionOutput[]): void {
      for (const output of outputs) {
        if ('send' in output) {
          sent.push(output.send);
          socket.write(output.send);
        }
        if ('close' in output) {
          socket.end();
          setTimeout(() => socket.destroy(), 500);
          const { remoteId, hello } = session.outcome(Date.now());
          if (output.close !== 'ok' || remoteId === null) reject(new Error(`session ended as ${output.close}`));
          else {
            const peer = hello?.clientName ?? '';
            resolve({
              peer,
              ...inputs,
              remoteId: bytesToHex(remoteId),
              received,
              sent: bytesToHex(concatBytes(...sent)),
            });
          }
        }
      }
    }
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      const now = Date.now();
      received.push({ atMs: now - inputs.startedAt, hex: bytesToHex(chunk) });
      apply(session.receive(chunk, now));
    });
    apply(session.start());
  });
}

/** A key of its own for each session: geth turns away a second connection from a peer it still has. */
function inputsFor(direction: 'outbound' | 'inbound', ethVersion: number, remoteId: string): Inputs {
  const seed = ethVersion + (direction === 'outbound' ? 0 : 100);
  return {
    direction,
    ethVersion,
    seed,
    privateKey: seed.toString(16).padStart(64, '0'),
    remoteId,
    clientName,
    startedAt: Date.now(),
  };
}

async function recordOutbound(ethVersion: number, remoteId: string): Promise<SessionTranscript> {
  // A source address of its own, too: geth accepts one connection per address in 30 s.
  const socket = connect({ host: '127.0.0.1', port: gethPort, localAddress: `127.0.1.${ethVersion}` });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const inputs = inputsFor('outbound', ethVersion, remoteId);
  return record(socket, transcriptSession(curve, inputs), inputs);
}

async function recordInbound(ethVersion: number): Promise<SessionTranscript> {
  const { privateKey } = inputsFor('inbound', ethVersion, '');
  const port = 31_000 + ethVersion;
  const enode = `enode://${bytesToHex(curve.publicKey(hexToBytes(privateKey)))}@127.0.2.${ethVersion}:${port}`;
  const server = createServer();
  const dialled = new Promise<Socket>((resolve) => server.once('connection', resolve));
  server.listen(port, `127.0.2.${ethVersion}`);
  geth.addPeer(enode);
  const socket = await dialled;
  const inputs = inputsFor('inbound', ethVersion, '');
  const transcript = await record(socket, transcriptSession(curve, inputs), inputs);
  geth.removePeer(enode);
  server.close();
  return transcript;
}

try {
  const remoteId = bytesToHex(geth.id);
  const sessions: SessionTranscript[] = [];
  for (const version of versions) sessions.push(await recordOutbound(version, remoteId));
  for (const version of versions) sessions.push(await recordInbound(version));
  writeFileSync(
    out,
    `${JSON.stringify({ source: `${sessions[0]?.peer}, mainnet, empty chain`, sessions }, null, 1)}\n`,
  );
  for (const { direction, ethVersion, peer } of sessions) console.log(`${direction} eth/${ethVersion} ${peer}`);
} finally {
  await geth.stop();
}
process.exit(0);
