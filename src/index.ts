/** The library: everything that the command line can do. Re-exports only. */
export { analyze, type AnalyzeListener, type AnalyzeOptions, type AnalyzeResult } from './analyze.js';
export { extract, type ExtractOptions, type ExtractResult, type ExtractTarget } from './extract.js';
export { CaptureError, StoreError, TcpcloseError, UsageError } from './errors.js';
export { RecordFilter } from './filter/filter.js';
export { FilterSyntaxError } from './filter/syntax-error.js';
export type { Severity } from './flow/vocabulary.js';
export { openDatabase } from './store/open.js';
export { runSql, type SqlResult, type SqlValue } from './store/run-sql.js';
export { SAVED_QUERIES, type QueryParameter, type SavedQuery } from './store/saved-queries.js';
export { SCHEMA_DOCS, type ColumnDocs, type TableDocs } from './store/schema-docs.js';
export { summarize, type Summary } from './report/summary.js';
export { summaryText } from './report/text.js';
export { summaryJson } from './report/json.js';
export { ROW_FORMATS, type RowFormatName } from './report/registry.js';
export { STACKS, chooseRules, type OtherRules, type StackName } from './detect/what-if.js';
export { DETECTORS } from './detect/registry.js';
export { WORDS, type Word } from './detect/words.js';
export type { DetectorMeta } from './detect/detector.js';
