/** Every page of clusters in every look, in a real browser. */
import { after, before, describe, test } from 'node:test';
import { type Look, looks } from '../fixtures/looks.ts';
import { lookAtRaftPages, openRaftPages, type RaftPages } from '../fixtures/raftPages.ts';
import { noBrowser } from '../fixtures/webBrowser.ts';

describe('every page of clusters in every look', { skip: noBrowser, timeout: 240_000 }, () => {
  let pages: RaftPages;
  before(async () => {
    pages = await openRaftPages();
  });
  after(() => pages?.close());

  // npm test has the light one.
  for (const look of (Object.keys(looks) as Look[]).filter((name) => name !== 'light')) {
    test(`${look}: the list and the clusters are whole, fit, and axe finds nothing`, () =>
      lookAtRaftPages(pages, look));
  }
});
