import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  SortOrder as TooltipSort,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StatesBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardSpec, MarkSpec, PanelSpec, QuerySpec, Threshold, VariableSpec } from './dashboardSpec.ts';

/** As written by Grafana 11.6 and 12.0; older versions read it, newer ones migrate it when they load it. */
const grafanaSchemaVersion = 41;
const dashboardTag = 'forkscope';
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
const source = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;

/** The dashboard as Grafana reads it, laid out row by row. */
export function buildDashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.about)
    .tags([dashboardTag])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from, to: 'now' })
    .timezone('browser')
    .refresh('30s')
    .variables([
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
      ...spec.variables.map(toVariable),
    ])
    .annotations(spec.marks.map(toAnnotation))
    .link(
      new DashboardLinkBuilder('Forkscope')
        .type(DashboardLinkType.Dashboards)
        .tags([dashboardTag])
        .keepTime(true)
        .includeVars(true)
        .asDropdown(false)
        .targetBlank(false),
    );
  let [id, y] = [1, 0];
  for (const { title, panels } of spec.rows) {
    builder.withRow(new RowBuilder(title).id(id++).gridPos({ x: 0, y, w: columns, h: 1 }));
    y++;
    let [x, tallest] = [0, 0];
    for (const panel of panels) {
      const h = panel.height ?? (panel.kind === 'stat' || panel.kind === 'label' ? 4 : 8);
      if (x + panel.width > columns) [x, y, tallest] = [0, y + tallest, 0];
      const built = toPanel(panel).build();
      builder.withPanel({ build: () => ({ ...built, id: id++, gridPos: { x, y, w: panel.width, h } }) });
      x += panel.width;
      tallest = Math.max(tallest, h);
    }
    y += tallest;
  }
  return { ...builder.build(), id: null, version: 1, schemaVersion: grafanaSchemaVersion };
}

function toVariable({ name, label, metric, of, regex, choice }: VariableSpec): QueryVariableBuilder {
  const definition = `label_values(${metric}, ${of})`;
  const builder = new QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query({ query: definition, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(definition)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
  if (regex !== undefined) builder.regex(regex);
  if (choice === 'one') return builder;
  return builder
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'] });
}

function toAnnotation({ name, expr, title, color, atValue = false }: MarkSpec): AnnotationQueryBuilder {
  const builder = new AnnotationQueryBuilder()
    .name(name)
    .datasource(source)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .titleFormat(title)
    .step('60s');
  return atValue ? builder.useValueForTime(true) : builder;
}

type AnyPanelBuilder = StatBuilder | StatesBuilder | TableBuilder | LinesBuilder;

function toPanel(spec: PanelSpec): Builder<Panel> {
  const builder = shapeOf(spec);
  builder
    .title(spec.title)
    .description(spec.about)
    .datasource(source)
    .unit(spec.unit)
    .noValue(spec.noValue ?? 'no data')
    .thresholds(toThresholds(spec.thresholds ?? [{ from: null, color: 'green' }]));
  if (spec.kind === 'stat' || spec.kind === 'states') {
    builder.colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  }
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  if (spec.min !== undefined) builder.min(spec.min);
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.texts !== undefined) builder.mappings([toMapping(spec.texts)]);
  for (const [index, query] of spec.queries.entries()) builder.withTarget(toTarget(spec, query, index));
  return builder;
}

function shapeOf(spec: PanelSpec): AnyPanelBuilder {
  switch (spec.kind) {
    case 'stat':
    case 'label':
      return new StatBuilder()
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
        .colorMode(
          spec.thresholds === undefined && spec.texts === undefined ? BigValueColorMode.None : BigValueColorMode.Value,
        )
        .graphMode(spec.kind === 'stat' ? BigValueGraphMode.Area : BigValueGraphMode.None)
        .textMode(spec.kind === 'label' ? BigValueTextMode.Name : textModeOf(spec));
    case 'states':
      return new StatesBuilder().mergeValues(true).rowHeight(0.8).fillOpacity(70).lineWidth(0);
    case 'table':
      return joinColumns(spec.queries);
    case 'lines':
    case 'stack': {
      const builder = new LinesBuilder()
        .lineWidth(1)
        .fillOpacity(spec.kind === 'stack' ? 40 : 5)
        .showPoints(VisibilityMode.Never)
        .legend(
          new VizLegendOptionsBuilder()
            .displayMode(LegendDisplayMode.Table)
            .placement(LegendPlacement.Bottom)
            .showLegend(true)
            .calcs(['lastNotNull', 'max']),
        )
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(TooltipSort.Descending));
      return spec.kind === 'stack' ? builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal)) : builder;
    }
  }
}

/** Several values in one panel need their names. */
function textModeOf({ queries }: PanelSpec): BigValueTextMode {
  const many = queries.length > 1 || queries.some(({ legend }) => legend.includes('{{'));
  return many ? BigValueTextMode.ValueAndName : BigValueTextMode.Value;
}

function toTarget({ kind }: PanelSpec, { expr, legend }: QuerySpec, index: number): DataqueryBuilder {
  const target = new DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend);
  if (kind === 'table') return target.instant().format(PromQueryFormat.Table);
  return kind === 'label' ? target.instant() : target.range();
}

function refId(index: number): string {
  return String.fromCharCode(65 + index);
}

/** One row per label set; the legends name the columns. */
function joinColumns(queries: readonly QuerySpec[]): TableBuilder {
  const builder = new TableBuilder();
  for (const { legend, unit } of queries) {
    if (unit !== undefined) builder.overrideByName(legend, [{ id: 'unit', value: unit }]);
  }
  const column = (index: number): string => (queries.length === 1 ? 'Value' : `Value #${refId(index)}`);
  const renameByName = Object.fromEntries(queries.map(({ legend }, index) => [column(index), legend]));
  return builder
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true }, renameByName } });
}

function toThresholds(steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, color }) => ({ value: from, color })));
}

function toMapping(texts: NonNullable<PanelSpec['texts']>): ValueMap {
  const options = Object.fromEntries(
    Object.entries(texts).map(([value, { text, color }], index) => [value, { text, color, index }]),
  );
  return { type: MappingType.ValueToText, options };
}
