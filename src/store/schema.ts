/**
 * The database's own tables, as numbered steps. `PRAGMA user_version` is the number of steps that a file has had; a step
 * is never edited once it was released. The views on top are in `views/`: they hold no data and are made anew by each run.
 */
import { MAX_SAMPLES } from '../detect/census/census.js';
import { ROW_LAYOUTS, type RowLayout } from '../flow/row-layout.js';
import { CONFIDENCES, SEVERITIES } from '../flow/vocabulary.js';
import type { RowFormat } from './bulk/record-format.js';
import { quote } from './sql.js';
import { VIEWS } from './views/index.js';
import { createView } from './views/view.js';

/** 'tcpc': tells our databases from other SQLite files (`PRAGMA application_id`). */
export const APPLICATION_ID = 0x74637063;

/** Columns that name a row of another table. In these -1 becomes NULL on the way in, so that the keys hold. */
const REFERENCES: Readonly<Record<string, string>> = {
  client_address: 'address(id)',
  server_address: 'address(id)',
  source_address: 'address(id)',
  destination_address: 'address(id)',
  orig_address: 'address(id)',
  resp_address: 'address(id)',
  address: 'address(id)',
  connection_id: 'connection_row(id)',
  previous_connection_id: 'connection_row(id)',
};

function isReference(column: string): boolean {
  return column in REFERENCES;
}

/** Whether -1 can stand in that column for "none": then it is stored as NULL. */
function isOptionalReference(column: string): boolean {
  return isReference(column) && column !== 'client_address' && column !== 'server_address';
}

/** The columns, by index, where that is so. */
export function optionalReferences(layout: RowLayout): number[] {
  return layout.columns.flatMap((name, i) => (isOptionalReference(name) ? [i] : []));
}

/** How the rows of a table are stored in it. */
export function formatOf(layout: RowLayout): RowFormat {
  return {
    columns: layout.columns.length,
    optional: optionalReferences(layout),
    defaults: layout.columns.map((name) => layout.defaults?.[name] ?? NaN),
  };
}

const oneOf = (column: string, words: readonly string[]): string =>
  `CHECK (${column} IN (${words.map(quote).join(', ')}))`;

function createRowTable(layout: RowLayout): string {
  const columns = layout.columns.map((name) => {
    if (name === 'id')
      return layout.byConnection === true
        ? 'id INTEGER PRIMARY KEY REFERENCES connection_row(id)'
        : 'id INTEGER PRIMARY KEY';
    const key = REFERENCES[name];
    const value = layout.defaults?.[name];
    return `${name} INTEGER${isOptionalReference(name) ? '' : ' NOT NULL'}${value === undefined ? '' : ` DEFAULT ${value}`}${key === undefined ? '' : ` REFERENCES ${key}`}`;
  });
  return `CREATE TABLE ${layout.table} (\n  ${columns.join(',\n  ')}\n) STRICT;`;
}

const FIRST_STEP = `
-- What made this file and how: the tool's version, the command line, every parameter, the epoch that *_rel columns count from.
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT
) STRICT;

-- Each run of tcpclose analyze that wrote to this file. A run's connections have the ids from its first to the next run's first.
CREATE TABLE recordings (
  id INTEGER PRIMARY KEY,
  created TEXT NOT NULL,       -- ISO 8601 UTC
  tool_version TEXT NOT NULL,
  command_line TEXT,
  parameters TEXT NOT NULL,    -- JSON
  first_connection_id INTEGER NOT NULL
) STRICT;

CREATE TABLE captures (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  format TEXT CHECK (format IN ('pcap', 'pcapng')),
  compression TEXT,
  link_types TEXT,             -- LINKTYPE numbers, separated by commas
  snaplen INTEGER,
  packets INTEGER NOT NULL,
  tcp_packets INTEGER NOT NULL,
  undecoded_packets INTEGER NOT NULL,
  bytes INTEGER,
  first_ns INTEGER,            -- nanoseconds since 1970 UTC
  last_ns INTEGER,
  drops_reported INTEGER,
  damage TEXT,
  sha256 TEXT,
  head_sha256 TEXT,            -- of the first 4096 octets
  backward_steps INTEGER NOT NULL DEFAULT 0,
  largest_backward_step_ns INTEGER NOT NULL DEFAULT 0,
  cut_frames INTEGER NOT NULL DEFAULT 0,
  vantage TEXT CHECK (vantage IN ('client', 'server', 'middle')), -- where most handshakes say that the tap was
  recording_id INTEGER NOT NULL REFERENCES recordings(id)
) STRICT;

-- Why packets were not taken for TCP segments: every packet of a capture is in tcp_packets or here.
CREATE TABLE undecoded (
  capture_id INTEGER NOT NULL REFERENCES captures(id),
  reason TEXT NOT NULL,
  packets INTEGER NOT NULL,
  meaning TEXT NOT NULL,       -- continues 'a packet ...'
  undecided INTEGER NOT NULL,  -- 1: nobody can say whether they held TCP; 0: it is known that they did, or did not
  PRIMARY KEY (capture_id, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
  id INTEGER PRIMARY KEY,
  ip TEXT NOT NULL             -- IPv6 as in RFC 5952
) STRICT;

-- Numeric rows: -1 is NULL, *_rel nanoseconds since meta.epoch_ns, *_span nanoseconds, *_at capture id * 2^32 + frame number, *_past the same less first_at.
${ROW_LAYOUTS.map(createRowTable).join('\n\n')}

-- Each pair of Zeek's conn_state and history that some connection has.
CREATE TABLE zeek_history (
  id INTEGER PRIMARY KEY,
  conn_state TEXT,             -- NULL: not known
  history TEXT                 -- NULL: not known, or empty
) STRICT;

-- 0, 1, ... 999: what a row of a census is spread out with.
CREATE TABLE census_sample (
  id INTEGER PRIMARY KEY
) STRICT;
WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id < ${MAX_SAMPLES - 1})
INSERT INTO census_sample SELECT id FROM n;

-- Connections counted by service, outcome and reset, so that a summary need not read them all. Empty where there were too
-- many groups.
CREATE TABLE connection_tally (
  server_address INTEGER NOT NULL, -- address id; 0, with port 0: of several services, none of which anybody closed first
  server_port INTEGER NOT NULL,
  outcome INTEGER NOT NULL,    -- connection_row.outcome without the Zeek code
  reset INTEGER NOT NULL,
  connections INTEGER NOT NULL,
  one_sided INTEGER NOT NULL,  -- of those, connections of which only one side was seen
  first_id INTEGER,            -- the lowest id among them; NULL: not known
  PRIMARY KEY (server_address, server_port, outcome, reset)
) STRICT, WITHOUT ROWID;

CREATE TABLE connection_community (
  id INTEGER PRIMARY KEY REFERENCES connection_row(id),
  community_id TEXT NOT NULL
) STRICT;

CREATE TABLE findings (
  id INTEGER PRIMARY KEY,
  detector TEXT NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL ${oneOf('severity', SEVERITIES)},
  confidence TEXT NOT NULL ${oneOf('confidence', CONFIDENCES)},
  connection_id INTEGER REFERENCES connection_row(id),
  capture_id INTEGER REFERENCES captures(id),
  frame INTEGER,
  at_ns INTEGER,               -- nanoseconds since 1970 UTC
  summary TEXT NOT NULL,
  evidence TEXT NOT NULL,      -- JSON
  source TEXT NOT NULL
) STRICT;
`;

export const SCHEMA_STEPS: readonly string[] = [FIRST_STEP];

/** Made after the rows are in. All on tables that are small beside connection_row, whose own scan is fast enough. */
export const INDEXES: readonly string[] = [
  'CREATE UNIQUE INDEX IF NOT EXISTS address_ip ON address(ip)',
  'CREATE INDEX IF NOT EXISTS time_wait_syn_connection ON time_wait_syn_row(connection_id)',
  'CREATE INDEX IF NOT EXISTS time_wait_syn_previous ON time_wait_syn_row(previous_connection_id)',
  'CREATE INDEX IF NOT EXISTS tw_recycle_drop_connection ON tw_recycle_drop_row(connection_id)',
  'CREATE INDEX IF NOT EXISTS paws_connection ON paws_row(connection_id)',
  'CREATE INDEX IF NOT EXISTS findings_connection ON findings(connection_id)',
  'CREATE INDEX IF NOT EXISTS findings_kind ON findings(detector, kind)',
  'CREATE INDEX IF NOT EXISTS zeek_conn_connection ON zeek_conn_row(connection_id)',
];

/** Steps that a file with `version` steps still needs. */
export function missingSteps(version: number): readonly string[] {
  return SCHEMA_STEPS.slice(version);
}

/** The views as they are to be, those of an earlier release removed. */
export function viewStatements(): string[] {
  const drop = VIEWS.map((view) => `DROP VIEW IF EXISTS ${view.name}`);
  return [...drop, ...VIEWS.map(createView)];
}
