import type { CommonOptions, Terminal } from './terminal.js';

/** What a command does: its arguments as commander gives them, the options first. Returns the exit status. */
export type Action<Options extends CommonOptions, Args extends unknown[]> = (
  terminal: Terminal,
  options: Options,
  ...args: Args
) => Promise<number>;

/** Makes commander's action handler of an `Action`: given by cli.ts, which keeps the exit status. */
export type Runner = <Options extends CommonOptions, Args extends unknown[]>(
  action: Action<Options, Args>,
) => (...args: unknown[]) => Promise<void>;
