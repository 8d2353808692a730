import type { ForkClass } from '../../../api/contract/common.ts';
import { useApp } from '../../lib/appContext.ts';

export const forkClassOrder: readonly ForkClass[] = [
  'current',
  'ready',
  'conflicting',
  'behind',
  'outdated',
  'ahead',
  'atGenesis',
  'notYetKnown',
  'unknown',
];

export function ForkClassMeanings({ open = false }: { readonly open?: boolean }) {
  const { t } = useApp();
  return (
    <details class="definitions" open={open}>
      <summary>{t('forks.classWords')}</summary>
      <dl>
        {forkClassOrder.map((name) => (
          <div key={name}>
            <dt>{t(`forkClass.${name}`)}</dt>
            <dd>{t(`forkClass.${name}.means`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
