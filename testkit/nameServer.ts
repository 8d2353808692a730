import { systemSockets } from '../p2p/net/systemSockets.ts';
import { concatBytes } from '../p2p/wire/bytes.ts';

/** A name server on loopback that knows texts only, over UDP. */
export interface NameServer {
  /** `address:port`, as resolvers take it. */
  readonly address: string;
  /** Names that were asked for, in lower case, oldest first. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** `silent`: no answer; `broken`: the server says that it cannot tell. */
type NamedText = string | 'silent' | 'broken' | undefined;

/** Response codes (RFC 1035). */
const [servfail, nxdomain] = [2, 3];

/** Answers from `textOf`, which is given names in lower case: DNS ignores case. */
export async function startNameServer(textOf: (name: string) => NamedText): Promise<NameServer> {
  const asked: string[] = [];
  const server = await systemSockets.bindUdp({
    ip: '127.0.0.1',
    port: 0,
    maxBytes: 2_048,
    receive: (packet, from) => {
      const name = questionOf(packet).name.toLowerCase();
      asked.push(name);
      const text = textOf(name);
      if (text === 'silent') return;
      server.send(text === 'broken' ? answerTo(packet, undefined, servfail) : answerTo(packet, text), from);
    },
  });
  return { address: `127.0.0.1:${server.local.port}`, asked, close: () => server.close() };
}

/** The question of a DNS packet (RFC 1035), as text, and where it ends. */
function questionOf(packet: Uint8Array): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(Buffer.from(packet.subarray(at + 1, at + 1 + length)).toString('latin1'));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
}

/** The answer with this text in strings of at most 255 bytes, or with this response code. */
function answerTo(packet: Uint8Array, text: string | undefined, code = nxdomain): Uint8Array {
  const { end } = questionOf(packet);
  const count = text === undefined ? 0 : 1;
  const header = Uint8Array.of(
    packet[0] ?? 0,
    packet[1] ?? 0,
    0x81,
    0x80 | (count === 1 ? 0 : code),
    0,
    1,
    0,
    count,
    0,
    0,
    0,
    0,
  );
  const question = packet.subarray(12, end);
  if (text === undefined) return concatBytes(header, question);
  const bytes = Buffer.from(text);
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    strings.push(Uint8Array.of(part.length), part);
  }
  const data = concatBytes(...strings);
  const record = Uint8Array.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255);
  return concatBytes(header, question, record, data);
}
