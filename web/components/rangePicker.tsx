import { useApp } from '../lib/appContext.ts';
import { type Range, ranges, routeUrl } from '../lib/router.ts';
import { navigate } from '../lib/useLocation.ts';
import { Segmented } from './segmented.tsx';

export function RangePicker({ name }: { readonly name: string }) {
  const { t, route, view } = useApp();
  return (
    <Segmented<Range>
      label={t('control.range')}
      name={name}
      value={view.range}
      onChange={(range) => navigate(routeUrl(route, { ...view, range }), 'replace')}
      options={ranges.map((range) => ({ value: range, label: t(`range.${range}`) }))}
    />
  );
}
