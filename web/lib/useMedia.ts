import { useEffect, useState } from 'preact/hooks';

/** Whether a media query matches, updated when that changes. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const take = (): void => setMatches(list.matches);
    take();
    list.addEventListener('change', take);
    return () => list.removeEventListener('change', take);
  }, [query]);
  return matches;
}

/** A phone held upright. */
export const narrowQuery = '(max-width: 44rem)';
