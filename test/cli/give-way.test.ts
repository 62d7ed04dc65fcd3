import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const BUILT = new URL('../../dist/commands/give-way.js', import.meta.url);

it.skipIf(process.platform !== 'linux')(
  'threads that only compile give way, but neither the one that follows segments nor one that is begun later',
  () => {
    const program = `
      import { readdirSync, readFileSync } from 'node:fs';
      import { Worker } from 'node:worker_threads';
      import { compilersGiveWay } from ${JSON.stringify(BUILT.href)};
      const before = readdirSync('/proc/self/task');
      compilersGiveWay();
      const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
      await new Promise((ready) => worker.once('online', ready));
      // Behind the name in brackets, the nineteenth field of all (proc_pid_stat(5)).
      const nice = (id) => Number(readFileSync('/proc/self/task/' + id + '/stat', 'utf8').split(') ')[1].split(' ')[16]);
      const threads = readdirSync('/proc/self/task').map((id) => ({
        nice: nice(id), kind: id === String(process.pid) ? 'own' : before.includes(id) ? 'begun before' : 'begun later',
      }));
      console.log(JSON.stringify(threads));
      process.exit();
    `;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
    });
    const threads = JSON.parse(printed) as { nice: number; kind: string }[];
    const own = threads.find(({ kind }) => kind === 'own')!.nice;
    expect(new Set(threads.map(({ kind }) => kind))).toEqual(new Set(['own', 'begun before', 'begun later']));
    for (const { kind, nice } of threads) expect([kind, nice > own]).toEqual([kind, kind === 'begun before']);
  },
);
