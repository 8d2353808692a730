/** After tsc: the bin must be executable, which tsc does not do. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';

chmodSync(join(packageRoot, 'dist/bin/forkscope.js'), 0o755);
