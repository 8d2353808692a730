import type { ExpectedChain } from '../chains/diagnose/evidence.ts';
import type { Network } from '../chains/networks/networkFile.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { forkHashes, forkSteps } from '../p2p/wire/forkId.ts';

/** A network as what its nodes announce. */
export function expectedChain({ name, networkId, genesisHash, schedule }: Network): ExpectedChain {
  const steps = forkSteps(schedule);
  return {
    name,
    networkId,
    genesisHash: bytesToHex(genesisHash),
    forkIds: forkHashes(schedule).map((hash, passed) => ({ hash: bytesToHex(hash), next: steps[passed] ?? 0n })),
  };
}
