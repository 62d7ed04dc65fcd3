// node --require THIS: SQLite was compiled for another Node.
'use strict';
const { dlopen } = process;
process.dlopen = (module, path, ...flags) => {
  if (!path.endsWith('better_sqlite3.node')) return dlopen(module, path, ...flags);
  throw Object.assign(new Error(`The module '${path}' was compiled against a different Node.js version`), {
    code: 'ERR_DLOPEN_FAILED',
  });
};
