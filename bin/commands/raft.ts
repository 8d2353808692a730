import { type Command, UsageError } from '../command.ts';

export const raftCommand: Command = {
  name: 'raft',
  summary: 'Judge recorded polls of a GoQuorum Raft cluster, or name the minters of its blocks.',
  operands: 'replay FILE.jsonl | blocks FILE',
  configs: {},
  flags: { json: { summary: 'Answer with one JSON object.', value: null } },
  async run({ operands, flags, stdout, stderr }) {
    const [action, ...rest] = operands;
    const args = flags.json === true ? [...rest, '--json'] : rest;
    switch (action) {
      case 'replay': {
        const { runRaftReplay } = await import('../../crawler/raft/replayCommand.ts');
        return runRaftReplay(args, { stdout, stderr });
      }
      case 'blocks': {
        const { runRaftBlocks } = await import('../../crawler/raft/blocksCommand.ts');
        return runRaftBlocks(args, { stdout, stderr });
      }
      default:
        throw new UsageError(`raft needs replay or blocks${action === undefined ? '' : `, not "${action}"`}`);
    }
  },
};
