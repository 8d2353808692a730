import { RecordingError } from './errors.ts';
import type { RawAnswer, RawNode } from './parseNode.ts';
import { isRecord, parseNode } from './parseNode.ts';
import type { NodeAnswer, Round } from './round.ts';

/** Longest recorded line; a round of a hundred nodes needs less than a tenth of it. */
const maxLineLength = 8 * 1024 * 1024;
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
 * Reads a recording: JSON Lines, a round a line, `{"t": ms, "nodes": {name: {method: answer}}}`. Empty lines are
 * skipped. Throws `RecordingError` with the line that is wrong.
 */
export function parseRecording(text: string): readonly RawRound[] {
  const rounds: RawRound[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const [index, content] of withoutMark(text).split('\n').entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
    const round = parseLine(content, line);
    if (round.t < previous) {
      const detail = { code: 'recordingTime', line, previous, got: round.t } as const;
      throw new RecordingError(detail, `line ${line}: t goes back from ${previous} to ${round.t}`);
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

function parseLine(content: string, line: number): RawRound {
  const value = parseJsonLine(content, line);
  if (!isRecord(value)) throw shape(line, '$', 'an object');
  if (typeof value.t !== 'number' || !Number.isFinite(value.t)) throw shape(line, 't', 'a number of ms');
  if (!isRecord(value.nodes)) throw shape(line, 'nodes', 'an object');
  const names = Object.entries(value.nodes);
  if (names.length > maxNodes) throw shape(line, 'nodes', `at most ${maxNodes} nodes`);
  const nodes: [string, RawNode][] = names.map(([name, methods]) => {
    if (!isRecord(methods)) throw shape(line, `nodes.${name}`, 'an object');
    const answers = Object.entries(methods);
    if (answers.length > maxMethods) throw shape(line, `nodes.${name}`, `at most ${maxMethods} methods`);
    return [
      name,
      Object.fromEntries(
        answers.map(([method, answer]) => [method, parseAnswer(answer, line, `nodes.${name}.${method}`)]),
      ),
    ];
  });
  return { t: value.t, nodes: Object.fromEntries(nodes) };
}

/** One line of JSON within the bound. */
export function parseJsonLine(content: string, line: number): unknown {
  if (content.length > maxLineLength) throw shape(line, '$', `at most ${maxLineLength} characters`);
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new RecordingError({ code: 'recordingJson', line }, `line ${line}: not JSON`, { cause });
  }
}

function parseAnswer(value: unknown, line: number, path: string): RawAnswer {
  if (isRecord(value)) {
    if (typeof value.transportError === 'string')
      return { transportError: value.transportError.slice(0, maxErrorText) };
    if (isRecord(value.error) && typeof value.error.code === 'number') {
      const { code, message } = value.error;
      return { error: { code, message: typeof message === 'string' ? message.slice(0, maxErrorText) : '' } };
    }
    if ('result' in value) return { result: value.result };
  }
  throw shape(line, path, '{result}, {error: {code, message}} or {transportError}');
}

function shape(line: number, path: string, wanted: string): RecordingError {
  const where = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return new RecordingError(
    { code: 'recordingShape', line, path: where, wanted },
    `line ${line}: ${JSON.stringify(where)} must be ${wanted}`,
  );
}
