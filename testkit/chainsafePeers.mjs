/**
 * A child process: real @chainsafe/discv5 peers on loopback addresses, each with all others in its table. Forked with one
 * JSON argument (ChainsafeOptions of forkChainsafe.ts); tells its parent their records, and asks another node on demand (ChainsafeAsk).
 */
import { Discv5 } from '@chainsafe/discv5';
import { ENR, SignableENR } from '@chainsafe/enr';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { multiaddr } from '@multiformats/multiaddr';

function tell(event) {
  process.send?.(event);
}

async function start({ prefix, port, count }) {
  const peers = [];
  for (let i = 1; i <= count; i++) {
    const privateKey = await generateKeyPair('secp256k1');
    const enr = SignableENR.createFromPrivateKey(privateKey);
    enr.ip = `${prefix}.${i >> 8}.${i & 255}`;
    enr.udp = port;
    enr.tcp = port;
    const peer = Discv5.create({
      enr,
      privateKey,
      bindAddrs: { ip4: multiaddr(`/ip4/${enr.ip}/udp/${port}`) },
      config: { enrUpdate: false, lookupTimeout: 10_000 },
    });
    peer.on('talkReqReceived', (address, _enr, message) => {
      void peer.sendTalkResp(address, message.id, new Uint8Array(0));
    });
    await peer.start();
    peers.push(peer);
  }
  const enrs = peers.map((peer) => peer.enr.toENR());
  for (const peer of peers) {
    for (const enr of enrs) if (enr.nodeId !== peer.enr.nodeId) peer.addEnr(enr);
  }
  return peers;
}

async function ask(peer, { enr, distances }) {
  const remote = ENR.decodeTxt(enr);
  const pong = await peer.sendPing(remote);
  const own = await peer.sendFindNode(remote, [0]);
  const found = await peer.sendFindNode(remote, [...distances]);
  const talk = await peer.sendTalkReq(remote, Uint8Array.of(1), 'test-protocol');
  tell({
    type: 'asked',
    pong: { enrSeq: String(pong.enrSeq), port: pong.addr.port },
    own: own.map((one) => one.encodeTxt()),
    found: found.map((one) => one.encodeTxt()),
    talk: Buffer.from(talk).toString('hex'),
  });
}

process.on('disconnect', () => process.exit(0));
const peers = await start(JSON.parse(process.argv[2] ?? '{}'));
process.on('message', (question) => {
  const [first] = peers;
  if (first === undefined) return;
  ask(first, question).catch((error) => tell({ type: 'failed', reason: String(error) }));
});
tell({ type: 'ready', enrs: peers.map((peer) => peer.enr.encodeTxt()) });
