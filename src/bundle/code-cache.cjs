// Runs code together with what V8 made of it when the program was built: nothing need be parsed, nor compiled until it is
// optimised. In dist/bin this is code-cache.js.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** What was run, by path: for the build, which keeps it. */
const scripts = new Map();

/** V8 tells its own version and flags, but not the processor; of the code it knows the length only. */
function cacheOf(path) {
  return `${path}.${process.version}-${process.platform}-${process.arch}.cache`;
}

/** Runs the file `name` of this folder as the code of `module`. */
function run(name, module, require) {
  const path = join(__dirname, name);
  const script = new Script(readFileSync(path, 'latin1'), { filename: path, cachedData: cached(path) });
  scripts.set(path, script);
  script.runInThisContext().call(module.exports, module.exports, require, module, path, __dirname);
}

/** Undefined where this version of Node, or this system, is not the one that built: then V8 compiles, as it always can. */
function cached(path) {
  try {
    return readFileSync(cacheOf(path));
  } catch {
    return undefined;
  }
}

module.exports = { cacheOf, run, scripts };
