import type { ComponentChildren } from 'preact';

/** What is wider than the page scrolls by itself, by keyboard too. */
export function ScrollBox({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls; this groups nothing but what scrolls
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it must be reachable by keyboard to be scrolled
    <div class="scroll" role="group" tabIndex={0} aria-label={label}>
      {children}
    </div>
  );
}
