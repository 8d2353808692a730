import { forkMarks } from '../../charts/forkMarks.ts';
import { CutOverTime } from '../../components/cutOverTime.tsx';
import { DistributionPanel } from '../../components/distributionPanel.tsx';
import { ForkName } from '../../components/forkName.tsx';
import { useApp } from '../../lib/appContext.ts';
import { forkLabel, forkSlot } from '../../lib/forkNames.ts';
import { usePresence } from '../../lib/usePresence.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { Capabilities } from './capabilities.tsx';
import { ForkClasses } from './forkClasses.tsx';
import { ForkClassMeanings } from './forkClassMeanings.tsx';
import { HeadPanel } from './headPanel.tsx';
import { NextFork } from './nextFork.tsx';
import { Readiness } from './readiness.tsx';
import { Schedule } from './schedule.tsx';
import { Splits } from './splits.tsx';
import { SyncedShare } from './syncedShare.tsx';

export function ForksPage() {
  const { t, network, view } = useApp();
  useTitle(t('nav.forks'));
  const presence = usePresence();
  const labelOf = (key: string, label: string): string => forkLabel(key, label, network, t);
  return (
    <>
      <h1>
        {t('forks.title', {
          network: network?.name ?? (view.network === 'all' ? t('control.allNetworks') : view.network),
        })}
      </h1>
      {network !== null && <NextFork network={network} />}
      {network !== null && <Readiness network={network} />}
      {network !== null && <Splits slug={network.slug} />}
      <CutOverTime
        title={t('forks.overTime')}
        cut="fork_id"
        kind="fork"
        population={presence}
        tall
        labelOf={labelOf}
        preferredSlot={forkSlot(network)}
        marks={forkMarks(network)}
      />
      <div class="columns">
        <DistributionPanel
          title={t('forks.distribution')}
          cut="fork_id"
          kind="fork"
          population={presence}
          chart="bar"
          limit={20}
          what={t('table.forkId')}
          labelOf={labelOf}
          cellOf={(key, label) => <ForkName forkKey={key} label={label} />}
          preferredSlot={forkSlot(network)}
        />
        <div class="stack">
          <ForkClasses limit={8} />
          <ForkClassMeanings />
        </div>
      </div>
      {network !== null && <HeadPanel network={network} />}
      {network !== null && (
        <div class="columns">
          <SyncedShare />
          <CutOverTime
            title={t('history.overTime')}
            cut="history"
            kind="history"
            population="identified"
            labelOf={(key) => t.find(`history.${key}`) ?? key}
          />
        </div>
      )}
      {network !== null && (
        <div class="columns wide-first">
          <Capabilities />
          <DistributionPanel
            title={t('history.title')}
            cut="history"
            kind="history"
            population="identified"
            chart="bar"
            limit={6}
            what={t('history.what')}
            labelOf={(key) => t.find(`history.${key}`) ?? key}
          />
        </div>
      )}
      {network !== null && <Schedule network={network} />}
    </>
  );
}
