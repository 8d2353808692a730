/**
 * A reader that is gone (`| head`, `| tee` at Ctrl-C, a closed terminal) or a full disk ends no process: what it writes
 * from then on is lost, and whatever it holds, above all a database, is closed in good order. Output that was lost while
 * somebody wanted it makes the exit code 1.
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
