import { CommanderError } from 'commander';
import { TcpcloseError, UsageError } from '../errors.js';
import { ExitStatus } from './exit-status.js';

/** Says on standard error what went wrong, unless commander has said it already. Returns the exit status. */
export function tellFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.DONE : ExitStatus.USAGE;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`tcpclose: ${message}\n`);
  if (error instanceof UsageError) return ExitStatus.USAGE;
  if (!(error instanceof TcpcloseError) && error instanceof Error)
    process.stderr.write(`This is a fault of tcpclose, please report it:\n${error.stack ?? ''}\n`);
  return ExitStatus.FAILED;
}
