/** What the compiler's arrows do not say: by which kind of import, and from which packages. */
import { posix } from 'node:path';
import { type Finding, isTest, type SourceFile } from './sourceFile.ts';

/** What exists for tests, and who else may use it. */
const forTests = /^(testkit|e2e|api\/testkit)\/|^sql\/testDatabase\.ts$/;
const testOnlyUsers = [
  /\.test\.tsx?$/,
  /^(testkit|e2e|bench|api\/testkit)\//,
  /^bin\/commands\/demo/,
  /^scripts\//,
  /^sql\/testDatabase\.ts$/,
];

/** What may be part of a page. The rest of lib/ runs in Node.js. */
const reachesPage = /^(web\/|lib\/plural\.ts$)/;

export function checkImports(file: SourceFile): Finding[] {
  return file.imports.flatMap(({ specifier, typeOnly, line }) => {
    const finding = (message: string): Finding[] => [{ rule: 'imports', path: file.path, line, message }];
    if (!specifier.startsWith('.')) {
      const isOfContract = file.path.startsWith('api/contract/') && !isTest(file.path);
      return isOfContract && specifier !== 'zod' ? finding('api/contract is made of zod schemas and nothing else') : [];
    }
    const target = posix.join(posix.dirname(file.path), specifier);
    if (forTests.test(target) && !testOnlyUsers.some((user) => user.test(file.path))) {
      return finding(`${target} is for tests and the demo only`);
    }
    if (file.path.startsWith('web/') && !isTest(file.path) && !reachesPage.test(target)) {
      if (!target.startsWith('api/contract/')) return finding(`web sees api/contract and lib/plural.ts, not ${target}`);
      if (!typeOnly)
        return finding('web sees api/contract by `import type` only, so that no schema code reaches the page');
    }
    return [];
  });
}
