import { testRealPeers } from '../fixtures/realPeers.ts';

testRealPeers({ peerCount: 20, networks: { mainnet: 14, holesky: 3, sepolia: 3 } });
