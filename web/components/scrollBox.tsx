import type { ComponentChildren } from 'preact';

/** Content wider than the page scrolls in its own box, by keyboard too. */
export function ScrollBox({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls; this only groups what scrolls
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it must be reachable by keyboard to be scrolled
    <div class="scroll" role="group" tabIndex={0} aria-label={label}>
      {children}
    </div>
  );
}
