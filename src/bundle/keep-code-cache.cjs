// node --require THIS dist/bin/cli.js ...: keeps what V8 has made of the program by the end of the run, in every thread.
'use strict';
const { writeFileSync } = require('node:fs');
const { Worker } = require('node:worker_threads');
const { cacheOf, scripts } = require('../../dist/bin/code-cache.js');

// The program does not wait for its threads to end, or ends them. Here they end by themselves, as they would.
process.exit = () => undefined;
Worker.prototype.unref = () => undefined;
Worker.prototype.terminate = () => Promise.resolve();

process.on('exit', () => {
  for (const [path, script] of scripts) writeFileSync(cacheOf(path), script.createCachedData());
});
