import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportRoutes, routes } from '../contract/routes.ts';
import { createOpenApi } from './openapi.ts';
import { renderDocs } from './renderDocs.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of JSON, looked into as it comes
const document: any = JSON.parse(JSON.stringify(createOpenApi('1.2.3')));

test('the document names every operation once, under its path', () => {
  const operations = Object.entries(document.paths).map(([path, item]) => [
    path,
    (item as { get: { operationId: string } }).get.operationId,
  ]);
  assert.deepEqual(
    operations,
    Object.entries({ ...routes, ...exportRoutes }).map(([key, route]) => [route.path, key]),
  );
  for (const [key, route] of Object.entries(routes)) assert.equal(route.operationId, key);
});

test('every reference leads somewhere', () => {
  const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g) ?? [];
  assert.ok(references.length > 30);
  for (const reference of references) {
    const name = /"#\/components\/schemas\/(\w+)"/.exec(reference)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas, reference);
  }
});

test('path parameters are declared and required; defaults and limits are told', () => {
  for (const [path, { get }] of Object.entries<{
    get: { parameters: { name: string; in: string; required: boolean }[] };
  }>(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = get.parameters.filter((parameter) => parameter.in === 'path');
    assert.deepEqual(
      declared.map(({ name }) => name),
      inPath,
      path,
    );
    assert.ok(
      declared.every(({ required }) => required),
      path,
    );
    assert.ok(
      get.parameters.filter((parameter) => parameter.in === 'query').every(({ required }) => !required),
      path,
    );
  }
  const limit = document.paths['/api/v1/nodes'].get.parameters.find(
    (parameter: { name: string }) => parameter.name === 'limit',
  );
  assert.deepEqual(limit.schema, { default: 50, type: 'integer', minimum: 1, maximum: 500 });
});

test('no schema is empty by accident, and objects are closed', () => {
  for (const [name, schema] of Object.entries<{ type?: string; properties?: object; additionalProperties?: unknown }>(
    document.components.schemas,
  )) {
    assert.equal(schema.type, 'object', name);
    assert.ok(Object.keys(schema.properties ?? {}).length > 0, name);
    assert.equal(schema.additionalProperties, false, name);
  }
});

test('the page for people has every operation and asks nobody else', () => {
  const page = renderDocs('1.2.3<script>');
  for (const route of Object.values({ ...routes, ...exportRoutes }))
    assert.ok(page.includes(`GET ${route.path}`), route.path);
  assert.doesNotMatch(page, /<script|https?:\/\/|\bstyle=|\son\w+=/);
});
