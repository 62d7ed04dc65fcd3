import { json, ndjson } from './rows/json-rows.js';
import { markdown } from './rows/markdown.js';
import type { RowFormat } from './rows/row-format.js';
import { csv, tsv } from './rows/separated.js';
import { table } from './rows/table.js';
import { zeek } from './rows/zeek.js';

/** Every format that rows can be had in. A new one is one file and one line here. */
export const ROW_FORMATS = { table, csv, tsv, json, ndjson, markdown, zeek } as const satisfies Readonly<
  Record<string, RowFormat>
>;
export type RowFormatName = keyof typeof ROW_FORMATS;
