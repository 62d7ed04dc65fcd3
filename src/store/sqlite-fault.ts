/** What SQLite says of a file that is not as it was written; such codes go on, as in SQLITE_CORRUPT_VTAB. */
const DAMAGE = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR'];

/** What Node says of a compiled package that is not there, or was compiled for another Node. */
const NOT_LOADED = ['MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'];

/** What to do where SQLite itself cannot be loaded, which no other file would change; null: the error is another one. */
export function sqliteFault(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !NOT_LOADED.includes(code)) return null;
  return `SQLite cannot be loaded: better-sqlite3 was compiled for another Node than this one (${process.version}), or never. Run "npm rebuild better-sqlite3" where tcpclose is installed.`;
}

/** What is wrong with the file, where that is what SQLite complains of, and what to do; null: the error is another one. */
export function damageOf(error: unknown): string | null {
  const { code, message, cause } = error as { code?: unknown; message?: string; cause?: unknown };
  if (typeof code === 'string' && DAMAGE.some((one) => code.startsWith(one)))
    return `is damaged, or on a disk that fails (${message}). Make it again: tcpclose analyze CAPTURE -o FILE. What is left of it comes out with: sqlite3 FILE .recover`;
  return cause instanceof Error ? damageOf(cause) : null;
}
