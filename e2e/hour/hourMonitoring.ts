/** A real Prometheus with our rules and a real Alertmanager with our example, and whom both and the watcher itself tell. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../lib/packageRoot.ts';
import { startDaemon } from '../fixtures/monitoring.ts';

interface Told {
  /** Who told it. */
  readonly by: 'alertmanager' | 'builtIn';
  readonly at: number;
  readonly name: string;
  readonly cluster: string;
  readonly status: string;
  readonly summary: string;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [number, number])[];
}

export interface HourMonitoring {
  /** All that a person would have read, oldest first. BOUNDED: by the test. */
  readonly told: readonly Told[];
  /** Where the watcher itself is to send notices. */
  readonly hookUrl: string;
  /** The value of a PromQL expression now; null if it has none. */
  query(expression: string): Promise<number | null>;
  range(expression: string, from: number, to: number): Promise<readonly Series[]>;
}

/** `metrics`: host:port of the watcher. `onStop` takes how each part is stopped. */
export async function startHourMonitoring(
  folder: string,
  metrics: string,
  onStop: (stop: () => Promise<void>) => void,
): Promise<HourMonitoring> {
  const told: Told[] = [];
  const hook = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const by = request.url === '/built-in' ? 'builtIn' : 'alertmanager';
    for (const alert of JSON.parse(text).alerts) told.push(readTold(by, alert));
    response.end();
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  onStop(async () => {
    hook.close();
    hook.closeAllConnections();
  });
  const hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const shipped = (name: string): string => readFileSync(join(packageRoot, 'grafana', name), 'utf8');
  const exampleHook = 'http://127.0.0.1:9199/alerts';
  const managerFile = join(folder, 'alertmanager.yml');
  writeFileSync(managerFile, replace(shipped('alertmanager/alertmanager.yml'), exampleHook, `${hookUrl}/alerts`));
  mkdirSync(join(folder, 'alertmanager'));
  const manager = await startDaemon('prometheus-alertmanager', (address) => [
    `--config.file=${managerFile}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ]);
  onStop(manager.stop);
  const prometheus = await startDaemon('prometheus', (address) => {
    writePrometheusFile(folder, shipped('prometheus/prometheus.yml'), new URL(manager.url).host, metrics);
    return [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=${address}`,
    ];
  });
  onStop(prometheus.stop);
  const ask = async (path: string): Promise<readonly PromSeries[]> => {
    const answer = await (await fetch(`${prometheus.url}/api/v1/${path}`)).json();
    return (answer as { data: { result: readonly PromSeries[] } }).data.result;
  };
  return {
    told,
    hookUrl: `${hookUrl}/built-in`,
    query: async (expression) => {
      const [first] = await ask(`query?query=${encodeURIComponent(expression)}`);
      return first?.value === undefined ? null : Number(first.value[1]);
    },
    range: async (expression, from, to) => {
      const span = `start=${from / 1000}&end=${to / 1000}&step=5`;
      const found = await ask(`query_range?query=${encodeURIComponent(expression)}&${span}`);
      return found.map(({ metric, values = [] }) => ({
        labels: metric,
        points: values.map(([at, value]) => [at * 1000, Number(value)] as const),
      }));
    },
  };
}

interface PromSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** The shipped file, for an operator who watches clusters and no public network: it says itself what to leave out. */
function writePrometheusFile(folder: string, shipped: string, manager: string, metrics: string): void {
  const rules = join(packageRoot, 'grafana/prometheus/rules');
  const own = shipped
    .replace(/ {2}- job_name: forkscope-serve[\s\S]*?(?= {2}# Elections)/, '')
    .replaceAll(/^ {2}- rules\/(crawler|network)\.yml\n/gm, '')
    .replaceAll('- rules/', `- ${rules}/`);
  const pointed = replace(replace(own, '127.0.0.1:9093', manager), '127.0.0.1:9102', metrics);
  writeFileSync(join(folder, 'prometheus.yml'), pointed);
}

function replace(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`a shipped file does not hold ${from}`);
  return text.replace(from, to);
}

/** Alertmanager's form, or our own. */
function readTold(
  by: Told['by'],
  alert: {
    readonly status: string;
    readonly name?: string;
    readonly cluster?: string;
    readonly summary?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  },
): Told {
  const { labels = {}, annotations = {} } = alert;
  return {
    by,
    at: Date.now(),
    status: alert.status,
    name: alert.name ?? labels.alertname ?? '',
    cluster: alert.cluster ?? labels.cluster ?? '',
    summary: alert.summary ?? annotations.summary ?? '',
  };
}
