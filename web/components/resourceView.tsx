import type { ComponentChildren } from 'preact';
import type { Freshness } from '../../api/contract/common.ts';
import type { PlainKey } from '../i18n/translate.ts';
import type { ApiFailure } from '../lib/apiClient.ts';
import { useApp } from '../lib/appContext.ts';
import { type ResourceState, viewStateOf } from '../lib/resourceState.ts';
import { useNow } from '../lib/useNow.ts';
import { Icon } from './icon.tsx';

export interface ResourceViewProps<T extends { readonly freshness: Freshness }> {
  readonly state: ResourceState<T>;
  readonly retry: () => void;
  readonly isEmpty: (data: T) => boolean;
  /** Shaped like what will be there. */
  readonly skeleton: ComponentChildren;
  /** What to do next, when there is nothing. */
  readonly empty: ComponentChildren;
  /** What else to do when it failed, besides trying again. */
  readonly failed?: ComponentChildren;
  /** The message about old data; by default, that the census is late. */
  readonly oldText?: PlainKey;
  readonly children: (data: T) => ComponentChildren;
}

/** The four states that every view has: loading, failed, empty, shown (and shown though old, with its age). */
export function ResourceView<T extends { readonly freshness: Freshness }>(props: ResourceViewProps<T>) {
  const { t } = useApp();
  const now = useNow(10_000);
  const view = viewStateOf(props.state, props.isEmpty, now);
  switch (view.at) {
    case 'loading':
      return (
        <div class="state-loading" aria-busy="true">
          <span class="unseen">{t('state.loading')}</span>
          {props.skeleton}
        </div>
      );
    case 'failed':
      return (
        <Failed failure={view.failure} retry={props.retry} busy={props.state.loading}>
          {props.failed}
        </Failed>
      );
    case 'empty':
      return <div class="state-empty">{props.empty}</div>;
    case 'shown':
      return (
        <>
          {view.old !== null && (
            <p class="note warn" role="status">
              <Icon name="warn" />
              <span>
                {t(view.old.why === 'census' ? (props.oldText ?? 'state.oldCensus') : 'state.oldConnection', {
                  age: t.numbers.duration(view.old.ageSeconds),
                })}
              </span>
              {view.old.why === 'connection' && (
                <button type="button" class="button small" onClick={props.retry} disabled={props.state.loading}>
                  {t('state.retry')}
                </button>
              )}
            </p>
          )}
          {props.children(view.data)}
        </>
      );
  }
}

export function Failed({
  failure,
  retry,
  busy,
  children,
}: {
  readonly failure: ApiFailure;
  readonly retry: () => void;
  readonly busy: boolean;
  readonly children?: ComponentChildren;
}) {
  const { t } = useApp();
  return (
    <div class="state-failed" role="alert">
      <p class="state-title">
        <Icon name="warn" /> {t('failure.title')}
      </p>
      <p>{t.find(`failure.${failure.code}`) ?? t('failure.internal')}</p>
      {failure.message !== '' && (
        <p class="mono faint">
          {failure.code}: {failure.message}
        </p>
      )}
      <button type="button" class="button" onClick={retry} disabled={busy}>
        {t('state.retry')}
      </button>{' '}
      {children}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <>
      <p class="state-title">{title}</p>
      <div class="state-next">{children}</div>
    </>
  );
}
