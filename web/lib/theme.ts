import { useCallback, useEffect, useState } from 'preact/hooks';
import { readStored, writeStored } from './storage.ts';
import { useMedia } from './useMedia.ts';

/** `system` follows what the operating system prefers. */
export const themeChoices = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

export function parseThemeChoice(text: string | null): ThemeChoice {
  return themeChoices.find((choice) => choice === text) ?? 'system';
}

export interface ThemeState {
  readonly choice: ThemeChoice;
  /** What is shown: changes with the choice and with the system. */
  readonly shown: 'light' | 'dark';
  readonly choose: (choice: ThemeChoice) => void;
}

export function applyTheme(root: HTMLElement, choice: ThemeChoice): void {
  if (choice === 'system') delete root.dataset.theme;
  else root.dataset.theme = choice;
}

export function useTheme(): ThemeState {
  const [choice, setChoice] = useState(() => parseThemeChoice(readStored('theme')));
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  useEffect(() => applyTheme(document.documentElement, choice), [choice]);
  const choose = useCallback((next: ThemeChoice) => {
    // At once, not in the effect: charts read the style sheet in the render that follows.
    applyTheme(document.documentElement, next);
    writeStored('theme', next);
    setChoice(next);
  }, []);
  const shown = choice === 'system' ? (systemDark ? 'dark' : 'light') : choice;
  return { choice, shown, choose };
}
