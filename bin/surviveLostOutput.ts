/**
 * A reader that is gone (`| head`, `| tee` at Ctrl-C, a closed terminal) or a full disk does not end the process: its
 * further output is lost, and whatever it holds, above all a database, is closed in order. If output was lost that
 * somebody still wanted, the exit code is 1.
 */
export function surviveLostOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.once('exit', (code) => {
      if (code === 0) process.exitCode = 1;
    });
  });
}
