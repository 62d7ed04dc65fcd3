/** What Node says of a compiled package that is not there, or was compiled for another Node. */
const NOT_LOADED = ['MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'];

/** What to do where SQLite itself cannot be loaded, which no other file would change; null: the error is another one. */
export function sqliteFault(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !NOT_LOADED.includes(code)) return null;
  return `SQLite cannot be loaded: better-sqlite3 was compiled for another Node than this one (${process.version}), or never. Run "npm rebuild better-sqlite3" where tcpclose is installed.`;
}
