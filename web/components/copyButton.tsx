import { useEffect, useState } from 'preact/hooks';
import { useApp } from '../lib/appContext.ts';
import { Icon } from './icon.tsx';

export interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for people who cannot see the place: "node ID". With `visibleLabel`, the whole label. */
  readonly what: string;
  readonly visibleLabel?: boolean;
}

export function CopyButton({ text, what, visibleLabel = false }: CopyButtonProps) {
  const { t } = useApp();
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2_000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('done');
    } catch {
      setState('failed');
    }
  };
  const idleLabel = visibleLabel ? what : t('copy.copy', { what });
  const label = state === 'done' ? t('copy.done') : state === 'failed' ? t('copy.failed') : idleLabel;
  return (
    <button
      type="button"
      class={visibleLabel ? 'button' : 'icon-button small'}
      onClick={copy}
      title={label}
      aria-label={label}
    >
      <Icon name={state === 'done' ? 'check' : 'copy'} />
      {visibleLabel && <span>{label}</span>}
      <span class="unseen" aria-live="polite">
        {state === 'idle' ? '' : label}
      </span>
    </button>
  );
}
