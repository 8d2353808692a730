/** The clients' own spelling of their names; other clients are shown under the name they send. */
const spelled: Readonly<Record<string, string>> = {
  besu: 'Besu',
  bor: 'Bor',
  bsc: 'BSC',
  coregeth: 'Core-Geth',
  erigon: 'Erigon',
  ethereumjs: 'EthereumJS',
  ethrex: 'ethrex',
  geth: 'Geth',
  goquorum: 'GoQuorum',
  nethermind: 'Nethermind',
  nimbus: 'Nimbus',
  'nimbus-eth1': 'Nimbus',
  ronin: 'Ronin',
  reth: 'Reth',
};

export function clientLabel(key: string, label: string): string {
  return Object.hasOwn(spelled, key) ? (spelled[key] ?? label) : label;
}
