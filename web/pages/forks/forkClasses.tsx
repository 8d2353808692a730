import { DistributionPanel } from '../../components/distributionPanel.tsx';
import { Link } from '../../components/link.tsx';
import { useApp } from '../../lib/appContext.ts';
import { usePresence } from '../../lib/usePresence.ts';

/** Which nodes are on the active fork, which are ready for the next, and which are neither. */
export function ForkClasses({ limit }: { readonly limit: number }) {
  const { t } = useApp();
  const presence = usePresence();
  const labelOf = (key: string): string => t.find(`forkClass.${key}`) ?? key;
  return (
    <DistributionPanel
      title={t('forks.classes')}
      cut="fork_class"
      kind="forkClass"
      population={presence}
      chart="bar"
      limit={limit}
      what={t('table.forkClass')}
      labelOf={labelOf}
      cellOf={(key) => (
        <Link to={{ at: 'nodes' }} more={{ forkClass: key, ...(presence === 'alive' ? {} : { population: presence }) }}>
          {labelOf(key)}
        </Link>
      )}
    />
  );
}
