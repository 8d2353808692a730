/** With a peer of each kind; e2e/long has the one with many, in a ring that takes some walking. */
import { testRealPeers } from './fixtures/realPeers.ts';

testRealPeers({ peerCount: 6, networks: { mainnet: 4, holesky: 1, sepolia: 1 } });
