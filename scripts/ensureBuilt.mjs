// Builds when dist/ or web/dist is missing, so that `npm start` works however the package was installed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync('dist/bin/forkscope.js') || !existsSync('web/dist/index.html')) {
  const { status } = spawnSync('npm', ['run', 'build'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
