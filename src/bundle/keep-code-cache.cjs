// node --require THIS dist/bin/cli.js ...: keeps what V8 has made of the program by the end of the run, in every thread.
'use strict';
const { writeFileSync } = require('node:fs');
const { cacheOf, scripts } = require('../../dist/bin/code-cache.js');

process.on('exit', () => {
  for (const [path, script] of scripts) writeFileSync(cacheOf(path), script.createCachedData());
});
