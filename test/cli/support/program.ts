import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../../dist/bin/cli.js', import.meta.url));
export const sample = (name: string): string => fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program in a folder, as a user would. `env`: what the environment has besides. */
export function tcpclose(
  folder: string,
  args: readonly string[],
  input?: Uint8Array,
  env: Readonly<Record<string, string>> = {},
): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
    ...(input === undefined ? {} : { input }),
  });
  return { status, stdout, stderr };
}

/** Starts the program on standard input, gives it some octets, and leaves the pipe open: a run that does not end. */
export async function started(
  folder: string,
  args: readonly string[],
  octets: Uint8Array,
  untilThere: () => boolean,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.write(octets);
  for (let waited = 0; !untilThere(); waited += 20) {
    if (waited > 10_000) throw new Error('the program did not begin to write');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

export function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}
