/** The protocols by which nodes find each other. */
export const discoveryProtocols = ['discv4', 'discv5'] as const;
export type DiscoveryProtocol = (typeof discoveryProtocols)[number];
