import { seriesSlots, type Theme } from './theme.ts';

/**
 * The theme as the style sheet has it at this moment. A custom property keeps `light-dark(…)` as text, so each
 * colour is resolved by giving it to an element.
 */
export function readTheme(root: HTMLElement): Theme {
  const probe = document.createElement('span');
  probe.hidden = true;
  root.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const theme: Theme = {
    series: Array.from({ length: seriesSlots }, (_, index) => colour(`--series-${index + 1}`)),
    other: colour('--series-other'),
    untold: colour('--series-untold'),
    surface: colour('--surface'),
    line: colour('--line'),
    ink: colour('--ink'),
    inkSoft: colour('--ink-soft'),
    accent: colour('--accent'),
    bad: colour('--bad-ink'),
    font: getComputedStyle(root).getPropertyValue('--font-text').trim(),
  };
  probe.remove();
  return theme;
}
