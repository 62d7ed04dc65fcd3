import type { Database } from 'better-sqlite3';
import { IN_NAME_ONLY } from './in-name-only.js';
import { placePast } from './sql.js';

/** What the database says of single frames, for packet comments. Keys: capture id * 2^32 + frame number. */
export type FrameComments = ReadonlyMap<number, readonly string[]>;

interface CommentRow {
  readonly at: number;
  readonly comment: string;
}

/**
 * Verdicts on the frames that decide them: who closed first on the FIN or RST that shows it, why it was reset, what met
 * TIME_WAIT or failed PAWS and what answers it, and all findings, each with its confidence and its rule.
 */
export function frameComments(db: Database, ids: readonly number[]): FrameComments {
  const wanted = JSON.stringify(ids);
  const comments = new Map<number, string[]>();
  for (const sql of [CLOSED_FIRST, RESET, TIME_WAIT_SYN, TIME_WAIT_ANSWER, PAWS, PAWS_EVIDENCE, FINDING]) {
    for (const { at, comment } of db.prepare<[{ wanted: string }], CommentRow>(sql).all({ wanted })) {
      const texts = comments.get(at) ?? [];
      if (!texts.includes(comment)) texts.push(comment);
      comments.set(at, texts);
    }
  }
  return comments;
}

/** The connections that are asked for, as a list of ids for IN. */
const WANTED = '(SELECT value FROM json_each(@wanted))';

const CLIENT_FIN_AT = placePast('r', 'client_fin_past');
const SERVER_FIN_AT = placePast('r', 'server_fin_past');

/** Where the FIN of who closed first was not captured, the other's acknowledges it. */
const CLOSED_FIRST = `
  SELECT at, 'tcpclose: connection ' || id || ' was closed first by ' || CASE WHEN closed_first = 'both' THEN 'both at once (the FINs crossed)' WHEN in_name THEN 'a reset in the name of the ' || closed_first ELSE 'the ' || closed_first END
    || ' (' || closed_first_confidence || ')' || COALESCE(': ' || close_note, '') AS comment
  FROM (
    SELECT c.id, c.closed_first, c.closed_first_confidence, c.close_note, c.close = 'rst' AND ${IN_NAME_ONLY} AS in_name,
      CASE c.closed_first WHEN 'server' THEN COALESCE(${SERVER_FIN_AT}, NULLIF(x.reset_at, -1), ${CLIENT_FIN_AT})
        ELSE COALESCE(${CLIENT_FIN_AT}, NULLIF(x.reset_at, -1), ${SERVER_FIN_AT}) END AS at
    FROM connections AS c JOIN connection_row AS r ON r.id = c.id LEFT JOIN connection_extra_row AS x ON x.id = c.id
    WHERE c.id IN ${WANTED} AND c.closed_first IS NOT NULL
  ) WHERE at IS NOT NULL`;

const RESET = `
  SELECT x.reset_at AS at, 'tcpclose: connection ' || c.id || CASE WHEN ${IN_NAME_ONLY} THEN ': reset in the name of the ' ELSE ': reset by the ' END || COALESCE(c.reset_by, 'sender') || ', cause ' || c.reset_cause || ', code ' || c.reset_code
    || ' (' || c.reset_confidence || '), origin ' || COALESCE(c.reset_origin, 'unknown') || CASE c.reset_acceptable WHEN 1 THEN ', its receiver had to obey it' WHEN 0 THEN ', its receiver did not have to obey it' ELSE '' END AS comment
  FROM connections AS c JOIN connection_extra_row AS x ON x.id = c.id
  WHERE c.id IN ${WANTED} AND c.reset_cause IS NOT NULL AND x.reset_at <> -1`;

const TIME_WAIT_SYN = `
  SELECT t.syn_at AS at, 'tcpclose: SYN on TIME_WAIT of connection ' || v.previous_connection_id || ': ' || v.outcome || ' (' || v.confidence || '). ' || v.explanation AS comment
  FROM time_wait_syn_row AS t JOIN time_wait_syns AS v ON v.id = t.id WHERE t.connection_id IN ${WANTED}`;

const TIME_WAIT_ANSWER = `
  SELECT t.answer_at AS at, 'tcpclose: answers the SYN of connection ' || v.connection_id || ' on TIME_WAIT (frame ' || v.frame || '): ' || v.outcome AS comment
  FROM time_wait_syn_row AS t JOIN time_wait_syns AS v ON v.id = t.id
  WHERE t.answer_at <> -1 AND (t.connection_id IN ${WANTED} OR t.previous_connection_id IN ${WANTED})`;

const PAWS = `
  SELECT p.segment_at AS at, 'tcpclose: fails PAWS: ' || v.outcome || ', ' || v.impact || ' (' || v.confidence || '). ' || v.explanation AS comment
  FROM paws_row AS p JOIN paws_rejections AS v ON v.id = p.id WHERE p.connection_id IN ${WANTED}`;

const PAWS_EVIDENCE = `
  SELECT p.evidence_at AS at, 'tcpclose: shows what became of frame ' || v.frame || ' (PAWS): ' || v.outcome AS comment
  FROM paws_row AS p JOIN paws_rejections AS v ON v.id = p.id WHERE p.connection_id IN ${WANTED} AND p.evidence_at <> -1`;

const FINDING = `
  SELECT capture_id * 4294967296 + frame AS at, 'tcpclose: finding ' || id || ', ' || severity || ' ' || kind || ' (' || confidence || '): ' || summary || ' Rule: ' || source AS comment
  FROM findings WHERE connection_id IN ${WANTED} AND frame IS NOT NULL AND capture_id IS NOT NULL ORDER BY id`;
