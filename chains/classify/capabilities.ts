import { displayText } from '../../lib/displayText.ts';

/** One entry of a Hello's capability list. */
export interface Capability {
  readonly name: string;
  readonly version: number;
}

/** More than any client offers; a longer list is cut. */
export const maxCapabilities = 64;

/** As `eth/68`; names of the protocol are ASCII and short, anything else is escaped and cut. */
export function capabilityText({ name, version }: Capability): string {
  return `${displayText(name, 24)}/${Number.isSafeInteger(version) && version >= 0 ? version : '?'}`;
}

/** Every capability once, by name and then by version, as text. */
export function capabilityTexts(capabilities: readonly Capability[]): string[] {
  const sorted = capabilities
    .slice(0, maxCapabilities)
    .sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1));
  return [...new Set(sorted.map(capabilityText))];
}

/** Distinct names, for counts that leave versions out. */
export function capabilityNames(capabilities: readonly Capability[]): string[] {
  return [...new Set(capabilities.slice(0, maxCapabilities).map(({ name }) => displayText(name, 24)))].sort();
}

/** Versions of one protocol, ascending, each once. */
export function versionsOf(capabilities: readonly Capability[], name: string): number[] {
  const versions = capabilities
    .slice(0, maxCapabilities)
    .flatMap((offer) => (offer.name === name ? [offer.version] : []));
  return [...new Set(versions)].sort((a, b) => a - b);
}
