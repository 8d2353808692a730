/** The clients' own spelling of their names; other clients are shown under the name they send. */
const spelled: Readonly<Record<string, string>> = {
  besu: 'Besu',
  erigon: 'Erigon',
  ethereumjs: 'EthereumJS',
  ethrex: 'ethrex',
  geth: 'Geth',
  nethermind: 'Nethermind',
  nimbus: 'Nimbus',
  'nimbus-eth1': 'Nimbus',
  reth: 'Reth',
};

export function clientLabel(key: string, label: string): string {
  return Object.hasOwn(spelled, key) ? (spelled[key] ?? label) : label;
}
