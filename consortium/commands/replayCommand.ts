import { basename } from 'node:path';
import { parseRecording, parseRound } from '../ask/parseRound.ts';
import { judgeDefaults } from '../judge/judgeConfig.ts';
import { type Replay, replayRounds } from '../judge/replayRounds.ts';
import { type CommandIo, parseFileArgs, readRecording } from './commandIo.ts';

/**
 * `forkscope raft replay FILE.jsonl [--json]`: judges a recording. Resolves to the exit code: 0, or 2 for a wrong
 * call or a file that is no recording.
 */
export async function runRaftReplay(args: readonly string[], io: CommandIo): Promise<number> {
  const parsed = parseFileArgs(args, 'usage: forkscope raft replay FILE.jsonl [--json]', io);
  if (parsed === null) return 2;
  const rounds = await readRecording(parsed.file, io, (text) => parseRecording(text).map(parseRound));
  if (rounds === null) return 2;
  const replay = replayRounds(rounds, {
    ...judgeDefaults,
    cluster: basename(parsed.file).replace(/\.jsonl?$/, ''),
    endpoints: [...new Set(rounds.flatMap((round) => [...round.nodes.keys()]))],
  });
  io.stdout(parsed.json ? `${JSON.stringify(replay)}\n` : describeReplay(replay));
  return 0;
}

function describeReplay(replay: Replay): string {
  const seconds = (t: number): string => `${(t / 1000).toFixed(1)} s`.padStart(10);
  return [
    `leader changes: ${replay.leaderChanges}`,
    ...replay.states.map(
      ({ t, state, leader, votes, voters, votersActive }) =>
        `${seconds(t)}  ${state}${leader === null ? '' : ` leader ${leader}`}, votes ${votes} of ${voters}, active ${votersActive}`,
    ),
    'events:',
    ...replay.events.map(
      ({ at, kind, from, to }) =>
        `${seconds(at)}  ${kind}${from === null ? '' : ` from ${from.raftId}`}${to === null ? '' : ` to ${to.raftId}`}`,
    ),
    '',
  ].join('\n');
}
