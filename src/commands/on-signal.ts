export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work`; a signal meanwhile calls `cleanUp` and then ends the process as if nobody had listened: shells see it. But
 * where `endsWell` returns true, an interrupt from the keyboard only lets `work` come to its end.
 */
export async function cleaningUp<Result>(
  cleanUp: () => void,
  work: () => Promise<Result>,
  endsWell: () => boolean = () => false,
): Promise<Result> {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && endsWell()) return;
    cleanUp();
    for (const name of SIGNALS) process.removeListener(name, onSignal);
    process.kill(process.pid, signal);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await work();
  } finally {
    for (const name of SIGNALS) process.removeListener(name, onSignal);
  }
}
