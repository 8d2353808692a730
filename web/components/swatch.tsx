/** The colour of a series beside its name. The classes stand in styles/charts.css, the colours in tokens.css. */
export function Swatch({ slot }: { readonly slot: number }) {
  return <span class={`swatch ${slot < 0 ? 'slot-other' : `slot-${slot + 1}`}`} aria-hidden="true" />;
}
