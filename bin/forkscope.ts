#!/usr/bin/env node
import type { CommandIo } from '../crawler/raft/commandIo.ts';

const io: CommandIo = {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
};
const [group, command, ...args] = process.argv.slice(2);
if (group === 'raft' && command === 'replay') {
  const { runRaftReplay } = await import('../crawler/raft/replayCommand.ts');
  process.exitCode = await runRaftReplay(args, io);
} else if (group === 'raft' && command === 'blocks') {
  const { runRaftBlocks } = await import('../crawler/raft/blocksCommand.ts');
  process.exitCode = await runRaftBlocks(args, io);
} else {
  console.log('forkscope');
}
