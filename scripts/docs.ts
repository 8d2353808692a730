/** `npm run docs`: writes the generated documents.  */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiDefinition } from '../api/config.ts';
import { raftDefinition } from '../consortium/config.ts';
import { crawlerDefinition } from '../crawler/config.ts';
import { dashboardFiles } from '../grafana/generate/dashboards.ts';
import { renderMetrics } from '../grafana/generate/renderMetrics.ts';
import { describeConfig, renderConfigDocs, renderEnvExample } from '../lib/describeConfig.ts';
import { packageRoot } from '../lib/packageRoot.ts';

/** Path from the package root → content. */
export function generatedDocuments(): ReadonlyMap<string, string> {
  const rows = describeConfig({ crawl: crawlerDefinition, raft: raftDefinition, serve: apiDefinition });
  return new Map([
    ['.env.example', renderEnvExample(rows)],
    ['docs/CONFIG.md', renderConfigDocs(rows)],
    ['docs/METRICS.md', renderMetrics()],
    ...dashboardFiles(),
  ]);
}

if (import.meta.filename === process.argv[1]) {
  for (const [path, text] of generatedDocuments()) {
    const absolute = join(packageRoot, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, text);
    console.log(`wrote ${path}`);
  }
}
