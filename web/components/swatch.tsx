import { untoldSlot } from '../charts/seriesColours.ts';

/** The colour of a series next to its name. The classes are in styles/charts.css, the colours in tokens.css. */
export function Swatch({ slot }: { readonly slot: number }) {
  const name = slot >= 0 ? `slot-${slot + 1}` : slot === untoldSlot ? 'slot-untold' : 'slot-other';
  return <span class={`swatch ${name}`} aria-hidden="true" />;
}
