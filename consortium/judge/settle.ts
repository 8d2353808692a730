/** What one round showed about a condition. Null: this round says nothing about it. */
export type Reading = boolean | null;

/** A condition that starts and ends only when two rounds in a row agree, over at least a given time. */
export interface Overlay {
  readonly on: boolean;
  /** The first of the rounds in a row that contradict `on`. */
  readonly contraryAt: number | null;
}

export const quietOverlay: Overlay = { on: false, contraryAt: null };

/** The overlay after one more round, and the time of its change if it just changed. `minMs` applies to starting. */
export function readOverlay(
  overlay: Overlay,
  reading: Reading,
  t: number,
  minMs: number,
): { readonly overlay: Overlay; readonly turnedAt: number | null } {
  if (reading === null) return { overlay, turnedAt: null };
  if (reading === overlay.on) return { overlay: { on: overlay.on, contraryAt: null }, turnedAt: null };
  if (overlay.contraryAt === null) return { overlay: { on: overlay.on, contraryAt: t }, turnedAt: null };
  if (reading && t - overlay.contraryAt < minMs) return { overlay, turnedAt: null };
  return { overlay: { on: reading, contraryAt: null }, turnedAt: overlay.contraryAt };
}
