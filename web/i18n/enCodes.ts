import type { MessageSet } from './message.ts';

/** How visits end, in plain words: what happened, and what the node's operator could do. */
export const enCodes = {
  'code.ok': 'Everything went well',
  'code.ok.means': 'The node answered everything we asked, and we left politely.',
  'code.notDialled': 'Not dialled',
  'code.notDialled.means': 'We did not dial it, because it announces no TCP port.',
  'code.dialPaused': 'Answers; was full when last dialled',
  'code.dialPaused.means':
    'It answered over UDP. When we last dialled it, it had too many peers, so we leave its TCP port alone for about a hundred minutes.',
  'code.addressRefused': 'Address not allowed',
  'code.addressRefused.means':
    'The address is private or reserved, and this network does not allow it. Announce a public address, or set allowedCidrs for a private chain.',
  'code.pingTimeout': 'No answer to PING',
  'code.pingTimeout.means':
    'Nothing came back over UDP. The node may be off, or a firewall or NAT in front of it drops the packets: open its discovery port for UDP.',
  'code.dialTimeout': 'TCP timed out',
  'code.dialTimeout.means':
    'It answers over UDP, but its TCP port does not answer. The usual cause is a firewall or a missing port forward: open the same port for TCP.',
  'code.dialRefused': 'TCP refused',
  'code.dialRefused.means':
    'The machine is up, but nothing listens on the announced TCP port. Check the client’s port setting.',
  'code.dialUnreachable': 'No route',
  'code.dialUnreachable.means':
    'The network reports that the address cannot be reached. The address is often no longer in use.',
  'code.dialThrottled': 'Waiting before dialling again',
  'code.dialThrottled.means':
    'We dialled this address a moment ago and are waiting so as not to burden it. Nothing is wrong.',
  'code.authTimeout': 'Handshake not answered',
  'code.authTimeout.means':
    'The TCP connection opened, but nothing came back. Another service may be using that port, or the node is overloaded.',
  'code.authFailed': 'Handshake failed',
  'code.authFailed.means':
    'The answer was not made with this node’s key. The node probably has a new key, and this ID is out of date.',
  'code.closedEarly': 'Closed without a word',
  'code.closedEarly.means':
    'The connection was closed before the handshake was complete. Some nodes do this when they are full.',
  'code.disconnected': 'It hung up',
  'code.disconnected.means':
    'The handshake was completed, so the node’s identity is proven. It then sent a Disconnect with a reason.',
  'code.helloTimeout': 'No Hello',
  'code.helloTimeout.means':
    'The encrypted connection was open, but the node did not say who it is in time. This is often a sign of overload.',
  'code.noEth': 'Does not speak eth',
  'code.noEth.means': 'It does not run the eth protocol, so it has no fork ID to compare.',
  'code.statusTimeout': 'No Status',
  'code.statusTimeout.means':
    'It said which client it runs, but not which chain it is on. Some clients wait for the other side to start.',
  'code.headersTimeout': 'No headers',
  'code.headersTimeout.means': 'It did not answer the request for block headers in time. It may still be syncing.',
  'code.protocolError': 'Broke the protocol',
  'code.protocolError.means':
    'It sent something that the specification does not allow. The session ended there; what we had learned by then is kept.',
  'code.sessionTimeout': 'Took too long',
  'code.sessionTimeout.means': 'The visit as a whole ran out of time. What we had learned by then is kept.',
  'code.aborted': 'Cut short by us',
  'code.aborted.means': 'The crawler was stopped in the middle of this visit. This says nothing about the node.',
  'code.other.means': 'This page does not know the outcome {code}. The page may be older than the crawler.',

  'reason.0': 'on request',
  'reason.1': 'TCP error',
  'reason.2': 'breach of protocol',
  'reason.3': 'useless peer',
  'reason.4': 'too many peers',
  'reason.5': 'already connected',
  'reason.6': 'incompatible version',
  'reason.7': 'no identity',
  'reason.8': 'shutting down',
  'reason.9': 'unexpected identity',
  'reason.10': 'connected to itself',
  'reason.11': 'timeout',
  'reason.16': 'reason of the subprotocol',
  'reason.other': 'reason {n}',
  'reason.0.means': 'It ended the session without giving a reason.',
  'reason.1.means': 'It saw an error on the connection.',
  'reason.2.means': 'It took something we sent for a breach of protocol.',
  'reason.3.means': 'It has no use for us: another network, or no protocol in common.',
  'reason.4.means': 'It is full. That is the usual answer of a healthy node; raising its peer limit would let more in.',
  'reason.5.means': 'It already has a connection to us.',
  'reason.6.means': 'It does not speak our version of the base protocol.',
  'reason.7.means': 'It found no identity of ours in the handshake.',
  'reason.8.means': 'It was shutting down at that moment.',
  'reason.9.means': 'It expected a different key from ours.',
  'reason.10.means': 'It took us for itself.',
  'reason.11.means': 'It waited too long for us.',
  'reason.16.means': 'eth itself ended the session, most often because of another network or an incompatible fork.',

  'stage.none': 'nothing',
  'stage.pong': 'PONG',
  'stage.tcp': 'TCP open',
  'stage.auth': 'handshake',
  'stage.hello': 'Hello',
  'stage.status': 'Status',
  'stage.headers': 'headers',

  'source.bootnode': 'bootnode list',
  'source.file': 'file',
  'source.dns': 'DNS list',
  'source.neighbour': 'another node',
  'source.ping': 'its PING',
  'source.pong': 'its PONG',
  'source.dial': 'a dial that it answered',
  'source.enr': 'its own record',
  'source.inbound': 'it dialled us',
} as const satisfies MessageSet<'en'>;
