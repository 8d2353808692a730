import { RecordingError } from './errors.ts';
import { type JsonEntry, readJsonEntries } from './jsonEntries.ts';
import type { RawAnswer, RawNode } from './parseNode.ts';
import { isRecord, parseNode } from './parseNode.ts';
import type { NodeAnswer, Round } from './round.ts';

const maxNodes = 512;
const maxMethods = 64;
/** More than any of the texts that parseNode looks for. */
const maxErrorText = 200;

/** One round as polled or recorded: what each endpoint answered to each method. */
export interface RawRound {
  readonly t: number;
  readonly nodes: Readonly<Record<string, RawNode>>;
}

/** Judges every endpoint's raw answers. The order of the endpoints has no meaning. */
export function parseRound(raw: RawRound): Round {
  const nodes = new Map<string, NodeAnswer>();
  for (const [name, answers] of Object.entries(raw.nodes)) nodes.set(name, parseNode(answers));
  return { t: raw.t, nodes };
}

/**
 * Reads a recording: JSON Lines, a round a line, `{"t": ms, "nodes": {name: {method: answer}}}`, or a JSON array of such
 * rounds. Throws `RecordingError` with the line or the entry that is wrong.
 */
export function parseRecording(text: string): readonly RawRound[] {
  const rounds: RawRound[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const { line, place, value } of readJsonEntries(withoutMark(text))) {
    const round = parseRecorded(value, { line, place });
    if (round.t < previous) {
      const detail = { code: 'recordingTime', line, previous, got: round.t } as const;
      throw new RecordingError(detail, `${place}: t goes back from ${previous} to ${round.t}`);
    }
    previous = round.t;
    rounds.push(round);
  }
  if (rounds.length === 0) throw new RecordingError({ code: 'recordingEmpty' });
  return rounds;
}

/** Some editors put a byte order mark at the start. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

type Place = Pick<JsonEntry, 'line' | 'place'>;

function parseRecorded(value: unknown, at: Place): RawRound {
  if (!isRecord(value)) throw shape(at, '$', 'an object');
  if (typeof value.t !== 'number' || !Number.isFinite(value.t)) throw shape(at, 't', 'a number of ms');
  if (!isRecord(value.nodes)) throw shape(at, 'nodes', 'an object');
  const names = Object.entries(value.nodes);
  if (names.length > maxNodes) throw shape(at, 'nodes', `at most ${maxNodes} nodes`);
  const nodes: [string, RawNode][] = names.map(([name, methods]) => {
    if (!isRecord(methods)) throw shape(at, `nodes.${name}`, 'an object');
    const answers = Object.entries(methods);
    if (answers.length > maxMethods) throw shape(at, `nodes.${name}`, `at most ${maxMethods} methods`);
    return [
      name,
      Object.fromEntries(
        answers.map(([method, answer]) => [method, parseAnswer(answer, at, `nodes.${name}.${method}`)]),
      ),
    ];
  });
  return { t: value.t, nodes: Object.fromEntries(nodes) };
}

function parseAnswer(value: unknown, at: Place, path: string): RawAnswer {
  if (isRecord(value)) {
    if (typeof value.transportError === 'string')
      return { transportError: value.transportError.slice(0, maxErrorText) };
    if (isRecord(value.error) && typeof value.error.code === 'number') {
      const { code, message } = value.error;
      return { error: { code, message: typeof message === 'string' ? message.slice(0, maxErrorText) : '' } };
    }
    if ('result' in value) return { result: value.result };
  }
  throw shape(at, path, '{result}, {error: {code, message}} or {transportError}');
}

function shape({ line, place }: Place, path: string, wanted: string): RecordingError {
  const where = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return new RecordingError(
    { code: 'recordingShape', line, path: where, wanted },
    `${place}: ${JSON.stringify(where)} must be ${wanted}`,
  );
}
