import { type BlockMinter, parseBlocks } from '../ask/blockMinter.ts';
import { type CommandIo, parseFileArgs, readRecording } from './commandIo.ts';

/**
 * `forkscope raft blocks FILE [--json]`: who minted each block. Timestamps are nanoseconds since the epoch, as in the
 * headers, written as whole numbers. Resolves to the exit code: 0, or 2 for a wrong call or file.
 */
export async function runRaftBlocks(args: readonly string[], io: CommandIo): Promise<number> {
  const parsed = parseFileArgs(args, 'usage: forkscope raft blocks FILE.jsonl [--json]', io);
  if (parsed === null) return 2;
  const blocks = await readRecording(parsed.file, io, parseBlocks);
  if (blocks === null) return 2;
  io.stdout(parsed.json ? `${blocksToJson(blocks)}\n` : describeBlocks(blocks));
  return 0;
}

/** JSON.stringify cannot write bigints, and a double would round the nanoseconds. */
function blocksToJson(blocks: readonly BlockMinter[]): string {
  const items = blocks.map(
    ({ number, raftId, timestampNs }) => `{"number":${number},"raftId":${raftId ?? 'null'},"timestamp":${timestampNs}}`,
  );
  return `[${items.join(',')}]`;
}

function describeBlocks(blocks: readonly BlockMinter[]): string {
  const lines = blocks.map(({ number, raftId, timestampNs }) => {
    const at = timestampNs === 0n ? '' : `  ${new Date(Number(timestampNs / 1_000_000n)).toISOString()}`;
    return `${String(number).padStart(10)}  ${raftId === null ? 'no minter' : `raft ID ${raftId}`}${at}\n`;
  });
  return lines.join('');
}
