import { z } from 'zod';
import { type ExportContract, exportRoutes, type RouteContract, routes } from '../contract/routes.ts';
import { escapeHtml } from './escapeHtml.ts';

/** The API's page for people: made from the contract once, without scripts and without third-party servers. */
export function renderDocs(version: string): string {
  const all: readonly RouteContract[] = Object.values(routes);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Forkscope API</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<main>
<h1>Forkscope API</h1>
<p>Version ${escapeHtml(version)}. Read-only. Also available as an OpenAPI 3.1 document: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>. Pages for people: <a href="/">/</a>.</p>
<p>Every count has two figures, unique node IDs (<code>ids</code>) and unique IP addresses (<code>ips</code>). Every answer says in <code>freshness</code> how old its data is. Times are UTC; unsigned 64-bit integers are sent as decimal text. Answers carry an <code>ETag</code>: send it back as <code>If-None-Match</code>.</p>
<p>Errors have the form <code>{"code", "message", "details"}</code>: <code>400 badRequest</code> listing each wrong parameter, <code>404 notFound</code>, <code>429 tooManyRequests</code>, <code>503 unavailable</code> while the database is away, <code>500 internal</code>. Use the header <code>x-request-id</code> to find the request in the log.</p>
${all.map(renderRoute).join('\n')}
${Object.values(exportRoutes).map(renderRoute).join('\n')}
</main>
</body>
</html>
`;
}

export const docsStyle = `:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
section { border-top: 1px solid; padding-top: .5rem; margin-top: 1.5rem; }
h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; }
`;

function renderRoute(route: RouteContract | ExportContract): string {
  const params = 'params' in route ? Object.entries(route.params.shape) : [];
  const fields = [...params, ...Object.entries(route.query.shape)];
  return `<section id="${route.operationId}">
<h2><code>GET ${escapeHtml(route.path)}</code></h2>
<p>${escapeHtml(route.summary)}. ${escapeHtml(route.description)}</p>
${fields.length === 0 ? '' : renderParameters(fields)}
${'response' in route ? renderAnswer(route.response) : ''}
</section>`;
}

function renderAnswer(schema: z.ZodType): string {
  return `<details><summary>Answer</summary><pre><code>${escapeHtml(schemaText(schema))}</code></pre></details>`;
}

function renderParameters(fields: readonly [string, z.core.$ZodType][]): string {
  const rows = fields.map(([name, schema]) => {
    const { default: fallback, ...shape } = jsonSchema(schema);
    const given =
      fallback === undefined ? (z.safeParse(schema, undefined).success ? 'optional' : 'required') : String(fallback);
    return `<tr><th scope="row"><code>${name}</code></th><td>${escapeHtml(describeValue(shape))}</td><td>${escapeHtml(given)}</td></tr>`;
  });
  return `<table><thead><tr><th scope="col">Parameter</th><th scope="col">Value</th><th scope="col">Default</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

type JsonSchema = Readonly<Record<string, unknown>>;

function describeValue(shape: JsonSchema): string {
  if (Array.isArray(shape.enum)) return shape.enum.join(', ');
  if (shape.type === 'integer') return `whole number from ${shape.minimum} to ${shape.maximum}`;
  if (shape.format === 'date-time') return 'time, such as 2026-01-31T00:00:00.000Z';
  if (typeof shape.pattern === 'string') return `text like ${shape.pattern}`;
  return 'text';
}

function schemaText(schema: z.ZodType): string {
  return JSON.stringify(jsonSchema(schema), null, 2);
}

function jsonSchema(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'output', override: dropDatePattern });
  return json;
}

/** The pattern of a date is long and says no more than its format. */
function dropDatePattern({ jsonSchema }: { jsonSchema: { format?: string | undefined; pattern?: unknown } }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}
