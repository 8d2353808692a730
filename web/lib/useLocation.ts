import { useEffect, useState } from 'preact/hooks';

const changed = 'forkscope:location';

/** Goes to an address of ours without reloading the page. */
export function navigate(url: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  window.dispatchEvent(new Event(changed));
}

export interface Place {
  readonly pathname: string;
  readonly search: string;
}

const read = (): Place => ({ pathname: location.pathname, search: location.search });

export function useLocation(): Place {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const take = (): void => setPlace(read());
    window.addEventListener('popstate', take);
    window.addEventListener(changed, take);
    return () => {
      window.removeEventListener('popstate', take);
      window.removeEventListener(changed, take);
    };
  }, []);
  return place;
}
