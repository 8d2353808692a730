/** Sends every datagram back, in a process of its own, so that the asking side's cost can be told apart. */
import { createSocket } from 'node:dgram';

const socket = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) });
socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port));
process.on('disconnect', () => process.exit(0));
