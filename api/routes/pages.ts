import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Express, type RequestHandler, type Response } from 'express';
import { setOperation } from '../http/observe.ts';
import type { ApiDeps } from './deps.ts';

/** The built pages. Names under assets/ carry a hash of their content, so they never change. */
export function registerPages(app: Express, { webRoot }: ApiDeps): void {
  if (webRoot === null || !existsSync(join(webRoot, 'index.html'))) return;
  app.use(express.static(webRoot, { index: false, redirect: false, cacheControl: false, setHeaders: setCaching }));
  app.get('/{*path}', sendIndex(webRoot));
}

/** Every path that could be a page gets the page, which reads its own path. */
function sendIndex(webRoot: string): RequestHandler {
  return (request, response, next) => {
    if (!isPagePath(request.path)) return next();
    setOperation(response, 'page');
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile('index.html', { root: webRoot, cacheControl: false });
  };
}

/** Neither the API's own paths nor a missing file. */
function isPagePath(path: string): boolean {
  if (path === '/api' || path.startsWith('/api/')) return false;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return !path.startsWith('/assets/') && !name.includes('.');
}

function setCaching(response: Response, path: string): void {
  setOperation(response, 'page');
  const hashed = /[\\/]assets[\\/][^\\/]+-[\w-]{8,}\.\w+(\.map)?$/.test(path);
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
