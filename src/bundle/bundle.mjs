// Puts the program's modules together in dist/bin: one file for each way in, and one for all that `analyze` needs. With
// 200 files, most of a short run was finding, opening and compiling them. CommonJS, for Node starts that 30 ms sooner, and
// with what V8 made of the code in an earlier run. What tsc made stays beside it, for the library and for profiles.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const built = (path) => root(`dist/${path}`);
const here = (path) => root(`src/bundle/${path}`);

/** Dependencies that every run needs, and in many small files. All others stay where npm put them. */
const BUNDLED = ['commander', 'better-sqlite3'];
/** The files that a run of `analyze` loads: for these the work of V8 is kept. */
const CACHED = ['cli', 'analyze', 'writer-worker', 'reader-worker'];

const { dependencies } = JSON.parse(await readFile(root('package.json'), 'utf8'));
const external = [...Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)), /\.node$/];

/** Has the JavaScript of better-sqlite3 find its native part where npm made it: it would look for it in ten places. */
const nativePart = {
  name: 'native-part',
  transform(code, id) {
    if (!/better-sqlite3.lib.database\.js$/.test(id)) return null;
    const asked = "require('bindings')('better_sqlite3.node')";
    if (!code.includes(asked)) throw new Error(`${id} finds its native part in some other way than it did`);
    return code.replace(asked, "require('better-sqlite3/build/Release/better_sqlite3.node')");
  },
};

/** `entry` and what it imports, but for what is loaded only when it is asked for. */
function withImports(entry, importsOf) {
  const found = new Set();
  const visit = (id) => {
    if (found.has(id)) return;
    found.add(id);
    importsOf(id).forEach(visit);
  };
  visit(entry);
  return found;
}

/**
 * Writes `name`.js, and beside it what is loaded later: the names of those files begin with `prefix`. `apart`, by name: what
 * of that has a file of its own, with all that it alone imports.
 */
async function bundle(name, entry, { prefix = '', apart = {} } = {}) {
  let importsOf = () => [];
  const graph = {
    name: 'graph',
    buildEnd() {
      importsOf = (id) => this.getModuleInfo(id)?.importedIds ?? [];
    },
  };
  const groups = Object.entries(apart).map(([group, module]) => {
    let modules = null;
    const find = () => {
      const first = withImports(entry, importsOf);
      return new Set([...withImports(module, importsOf)].filter((id) => !first.has(id)));
    };
    return { name: group, test: (id) => (modules ??= find()).has(id) };
  });
  const made = await rolldown({
    input: { [name]: entry },
    platform: 'node',
    external,
    plugins: [graph, nativePart],
    preserveEntrySignatures: false,
  });
  await made.write({
    dir: built('bin'),
    format: 'cjs',
    dynamicImportInCjs: false,
    ...(groups.length === 0 ? {} : { codeSplitting: { includeDependenciesRecursively: false, groups } }),
    chunkFileNames: `${prefix}[name].js`,
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  await made.close();
}

/** Has NAME.js run NAME.code.js, by way of the cache. In ASCII, which takes half the memory of anything else. */
async function prepareForCache(name) {
  const [, firstLine, code] = /^(#!.*\n)?([^]*)$/.exec(await readFile(built(`bin/${name}.js`), 'utf8'));
  const ascii = code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const parameters = 'exports, require, module, __filename, __dirname';
  await writeFile(built(`bin/${name}.code.js`), `(function (${parameters}) {${ascii}\n})`);
  const run = `require('./code-cache.js').run('${name}.code.js', module, require);`;
  await writeFile(built(`bin/${name}.js`), `${firstLine ?? ''}'use strict';\n${run}\n`);
}

/** Runs the program, and keeps what V8 has made of it by then. Without, it starts 20 ms later. */
async function fillCache() {
  const folder = await mkdtemp(join(tmpdir(), 'tcpclose-build-'));
  const node = promisify(execFile).bind(null, process.execPath);
  const output = join(folder, 'samples.db');
  const analyze = ['--require', here('keep-code-cache.cjs'), built('bin/cli.js'), 'analyze', '--force', '-o', output];
  try {
    const samples = (await readdir(root('samples'))).filter((name) => /\.pcap(ng)?$/.test(name));
    await node([...analyze, '--jobs', '2', root('samples')]); // a directory: written in a thread, too
    await node([...analyze, ...samples.map((name) => root(`samples/${name}`))]); // so few octets: in one
  } catch (error) {
    console.error(`The program is built, but will start more slowly than it could: ${error.message}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function licences() {
  const texts = BUNDLED.map(
    async (name) => `${name}\n\n${await readFile(root(`node_modules/${name}/LICENSE`), 'utf8')}`,
  );
  return `Packages whose code is in the files beside this one:\n\n${(await Promise.all(texts)).join('\n')}`;
}

await rm(built('bin'), { recursive: true, force: true });
await bundle('cli', built('cli.js'), { apart: { analyze: built('commands/run-analyze.js') } });
// The names of these are those that `new URL('./...')` has in the source.
await bundle('writer-worker', built('store/writer-worker.js'), { prefix: 'writer-' });
await bundle('reader-worker', built('reading/reader-worker.js'), { prefix: 'reader-' });
await bundle('query-process', built('commands/query-process.js'), { prefix: 'query-' });
await copyFile(built('flow/short-way.wasm'), built('bin/short-way.wasm'));
await copyFile(built('reading/plain-records.wasm'), built('bin/plain-records.wasm'));
await copyFile(built('detect/plain-judge.wasm'), built('bin/plain-judge.wasm'));
await writeFile(built('bin/package.json'), '{ "type": "commonjs" }\n');
await writeFile(built('bin/LICENSES.txt'), await licences());
await copyFile(here('code-cache.cjs'), built('bin/code-cache.js'));
for (const name of CACHED) await prepareForCache(name);
// `npx` remembers where the program of a folder lay: what was made before there was a bundle asks for the second.
for (const program of ['bin/cli.js', 'cli.js']) await chmod(built(program), 0o755);
await fillCache();
