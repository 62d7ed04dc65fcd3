// Loaded into a measured program with `node --import`: when the process ends, its peak memory (KiB) goes to descriptor 3.
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    try {
      writeSync(3, `${process.resourceUsage().maxRSS}\n`);
    } catch {
      // Nobody asked.
    }
  });
}
