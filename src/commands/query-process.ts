/**
 * The process that one query runs in. SQLite works in native code, where no timer and no signal handler of the same
 * process gets a turn, and where a worker thread cannot be stopped; a process of its own can be ended at any moment.
 */
import type { Database } from 'better-sqlite3';
import type { RowFormatName } from '../report/registry.js';
import { ROW_FORMATS } from '../report/registry.js';
import type { Bound } from '../store/query-parameters.js';
import { runSql } from '../store/run-sql.js';
import { withDatabase } from '../store/with-database.js';
import { tellFailure } from './failure.js';
import { watchOutput, statusOf, Terminal, type CommonOptions } from './terminal.js';

export interface QueryRequest {
  readonly database: string;
  readonly sql: string;
  readonly parameters: Bound;
  readonly format: RowFormatName;
  /** What the log is called where the format names one. */
  readonly title: string;
  readonly options: CommonOptions;
}

/** What the process tells its parent: the time that it waits for a slow reader is not the query's. */
export type QueryNews = 'working' | 'writing';

const tell = (news: QueryNews): void => void process.send?.(news);

watchOutput();
process.once('disconnect', () => process.exit()); // the parent is gone
process.once('message', (request: QueryRequest) => {
  void run(request).then((status) => {
    process.exitCode = statusOf(status);
    process.disconnect();
  });
});

async function run({ database, sql, parameters, format, title, options }: QueryRequest): Promise<number> {
  const terminal = new Terminal(options);
  try {
    const answer = async (db: Database): Promise<void> => {
      const { columns, rows } = runSql(db, sql, parameters);
      const text = ROW_FORMATS[format](columns, rows, { width: terminal.width, style: terminal.style, title });
      await terminal.printAll(text, (isWriting) => tell(isWriting ? 'writing' : 'working'));
    };
    await withDatabase(database, answer, { evenOlder: true });
    return 0;
  } catch (error) {
    return tellFailure(error);
  }
}
