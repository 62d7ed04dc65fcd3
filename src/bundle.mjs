// Puts the program's modules together, a file for each way in and for what they share: with 200 files Node spends a
// quarter of a short run on finding and opening them. What tsc made stays beside it, for the library and for profiles.
import { chmod, copyFile, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const { dependencies } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const built = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

await rm(built('bin'), { recursive: true, force: true });
const bundle = await rolldown({
  // Each is found beside the file that asks for it: the names are those that `new URL('./...')` has in the source.
  input: {
    cli: built('cli.js'),
    'writer-worker': built('store/writer-worker.js'),
    'reader-worker': built('reading/reader-worker.js'),
    'query-process': built('commands/query-process.js'),
  },
  platform: 'node',
  external: Object.keys(dependencies), // they stay where npm put them
});
await bundle.write({ dir: built('bin'), format: 'esm' });
await bundle.close();
await copyFile(built('flow/short-way.wasm'), built('bin/short-way.wasm'));
await copyFile(built('reading/plain-records.wasm'), built('bin/plain-records.wasm'));
// `npx` remembers where the program of a folder lay: what was made before there was a bundle asks for the second.
for (const program of ['bin/cli.js', 'cli.js']) await chmod(built(program), 0o755);
