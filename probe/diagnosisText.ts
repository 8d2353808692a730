import { type CauseClass, causeOf } from '../chains/diagnose/causes.ts';
import { type AdvisedClient, advisedClients, clientAdvice } from '../chains/diagnose/clientAdvice.ts';
import type { FoundCause } from '../chains/diagnose/judgeReason.ts';
import type { ProbeResult } from './probeNode.ts';

/** Exit codes by what kind of trouble the first cause is; 0 = it connects and can be found. */
const exitCodes: Readonly<Record<CauseClass, number>> = {
  target: 2,
  discovery: 4,
  unreachable: 5,
  identity: 6,
  refusal: 7,
  chain: 8,
};

export function exitCodeOf({ diagnosis }: ProbeResult): number {
  const [first] = diagnosis.causes;
  return first === undefined ? 0 : exitCodes[causeOf(first.code).kind];
}

/** A cause with its words. */
interface ToldCause {
  readonly code: string;
  readonly kind: CauseClass;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
  /** Settings that are about it, by client. */
  readonly clients: Readonly<Partial<Record<AdvisedClient, readonly string[]>>>;
  readonly untold: string | null;
}

/** A cause with what to do about it on each client, or on the one that the node runs if its Hello named it. */
export function tellCause({ code, evidence }: FoundCause, client: AdvisedClient | null): ToldCause {
  const { kind, title, remedy, topics, untold } = causeOf(code);
  const clients = Object.fromEntries(
    (client === null ? advisedClients : [client]).map((one) => [one, topics.map((topic) => clientAdvice[topic][one])]),
  );
  return { code, kind, title, evidence, remedy, clients: topics.length === 0 ? {} : clients, untold };
}

/** Which of the advised clients a Hello names. GoQuorum calls itself Geth, with `quorum` in its version. */
export function advisedClient({ evidence: { hello } }: ProbeResult): AdvisedClient | null {
  if (hello.at !== 'read') return null;
  const name = hello.client.toLowerCase();
  if (name.includes('quorum')) return 'goquorum';
  return advisedClients.find((client) => name.startsWith(client)) ?? null;
}

/** The diagnosis as text. */
export function diagnosisText(result: ProbeResult): string {
  const { causes, also } = result.diagnosis;
  const client = advisedClient(result);
  const corrected = result.enode === null ? '' : `\nThe node at this address is\n  ${result.enode}\n`;
  const unsure =
    result.evidence.expected === null && result.evidence.status.at === 'read'
      ? '\nWhether this is the right chain cannot be said: name it by --network SLUG or --genesis FILE.\n'
      : '';
  const besides =
    also.length === 0 ? '' : `\nBesides:\n${also.map((cause) => causeText('– ', cause, client)).join('\n')}`;
  if (causes.length === 0) {
    const { hello, tcp } = result.evidence;
    const text =
      hello.at === 'read'
        ? 'It connects and can be found.'
        : tcp.at === 'open'
          ? 'TCP is open; without a key nothing more can be asked: give the enode URL.'
          : 'Nothing speaks against it, as far as it was asked.';
    return `\n${text}\n${besides}${corrected}${unsure}`;
  }
  const heading =
    causes.length === 1 ? '\nThe cause:\n' : '\nWhat fits, most likely first; the wire cannot tell these apart:\n';
  const numbered = causes.map((cause, index) => causeText(`${index + 1}. `, cause, client)).join('\n');
  return `${heading}${numbered}${besides}${corrected}${unsure}`;
}

function causeText(bullet: string, cause: FoundCause, client: AdvisedClient | null): string {
  const { title, evidence, remedy, clients, untold } = tellCause(cause, client);
  const settings = Object.entries(clients).flatMap(([name, lines]) =>
    lines.map((setting) => `     ${`${name}:`.padEnd(12)}${setting}`),
  );
  return `${[
    `${bullet}${title}`,
    ...evidence.map((fact) => `     seen: ${fact}`),
    `     do:   ${remedy}`,
    ...settings,
    ...(untold === null ? [] : [`     The wire does not tell ${untold}.`]),
  ].join('\n')}\n`;
}
