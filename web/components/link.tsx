import type { ComponentChildren } from 'preact';
import { useApp } from '../lib/appContext.ts';
import { type Route, routeUrl, type View } from '../lib/router.ts';
import { navigate } from '../lib/useLocation.ts';

export interface LinkProps {
  readonly to: Route;
  /** Parts of the view that this link changes. */
  readonly change?: Partial<View>;
  /** Further parameters of the address. */
  readonly more?: Readonly<Record<string, string | undefined>>;
  readonly class?: string;
  readonly current?: boolean;
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** A real link, followed without a page load; Ctrl, Shift and the middle button work as usual. */
export function Link({ to, change, more, current, title, children, ...rest }: LinkProps) {
  const { view } = useApp();
  const url = routeUrl(to, { ...view, ...change }, more);
  return (
    <a
      href={url}
      class={rest.class ?? ''}
      title={title}
      aria-current={current === true ? 'page' : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(url);
      }}
    >
      {children}
    </a>
  );
}
