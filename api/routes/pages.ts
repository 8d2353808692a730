import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Express, type RequestHandler } from 'express';
import { packageRoot } from '../../lib/packageRoot.ts';
import type { ApiDeps } from '../deps.ts';
import { asOperation } from '../http/observe.ts';

/** The page for people about the API: static files of this folder, no build. */
const docsRoot = join(packageRoot, 'api/docs');

export function registerDocs(app: Express): void {
  app.get('/api', asOperation('docs'), (_request, response) => {
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile('index.html', { root: docsRoot });
  });
  app.use('/api/docs', asOperation('docs'), express.static(docsRoot, { index: false, redirect: false, fallthrough: true }));
}

/** The built pages. Names under assets/ carry a hash of their content, so they never change. */
export function registerPages(app: Express, { webRoot }: ApiDeps): void {
  if (webRoot === null || !existsSync(join(webRoot, 'index.html'))) return;
  app.use(asOperation('page'), express.static(webRoot, { index: false, redirect: false, setHeaders: setCaching }));
  app.get('/{*path}', sendIndex(webRoot));
}

/** Every path that could be a page is one: the pages find their own way by it. */
function sendIndex(webRoot: string): RequestHandler {
  return (request, response, next) => {
    if (!isPagePath(request.path)) return next();
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile('index.html', { root: webRoot, cacheControl: false });
  };
}

/** Neither the API's own paths nor a file that is not there. */
export function isPagePath(path: string): boolean {
  if (path === '/api' || path.startsWith('/api/')) return false;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return !path.startsWith('/assets/') && !name.includes('.');
}

function setCaching(response: { setHeader(name: string, value: string): unknown }, path: string): void {
  const hashed = /[\\/]assets[\\/][^\\/]+-[\w-]{8,}\.\w+(\.map)?$/.test(path);
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
