import { CONFIDENCES, PAWS_IMPACTS, PAWS_OUTCOMES, SIDES, STATES } from '../../flow/vocabulary.js';
import { PAWS_BITS } from '../../flow/row-layout.js';
import {
  absoluteNs,
  absoluteOrNull,
  bits,
  captureOf,
  counted,
  frameOf,
  isoUtc,
  known,
  seconds,
  serialDelta,
  spokenSeconds,
  word,
} from '../sql.js';
import { column, type View } from './view.js';

const verdict = (field: keyof typeof PAWS_BITS): string => bits('p.verdict', PAWS_BITS[field]);
const at = absoluteNs('p.segment_rel');
const tsDelta = serialDelta(known('p.tsval'), known('p.ts_recent'));
const outcomeIs = (name: (typeof PAWS_OUTCOMES)[number]): string =>
  `${verdict('outcome')} = ${PAWS_OUTCOMES.indexOf(name)}`;
const impactIs = (name: (typeof PAWS_IMPACTS)[number]): string =>
  `${verdict('impact')} = ${PAWS_IMPACTS.indexOf(name)}`;

/** tcpdump's order: F S R P, then U E W, then the dot of ACK; `none` where no flag is set. */
const letters: [number, string][] = [
  [1, 'F'],
  [2, 'S'],
  [4, 'R'],
  [8, 'P'],
  [32, 'U'],
  [64, 'E'],
  [128, 'W'],
  [16, '.'],
];
const flags = `CASE p.flags & 255 WHEN 0 THEN 'none' ELSE ${letters.map(([bit, letter]) => `CASE WHEN p.flags & ${bit} THEN '${letter}' ELSE '' END`).join(' || ')} END`;

const sender = word(verdict('sender'), SIDES);
const receiver = `CASE ${verdict('sender')} WHEN 1 THEN 'server' ELSE 'client' END`;
const margin = `CASE WHEN ${known('p.margin_span')} IS NULL THEN '' ELSE ', ' || ${spokenSeconds('p.margin_span / 1e9')} || ' by its clock' END`;
/** Its TS.Recent is known from behind the segment: the answer to it echoes a timestamp that was not echoed before. */
const isShownLater = `p.echo_at > p.segment_at AND p.echo_at = p.evidence_at`;
const before =
  `'The ' || COALESCE(${sender}, 'sender') || ' sent a segment with timestamp ' || p.tsval || ', ' || ${counted(`abs(${tsDelta})`, 'tick')} || ${margin} ||` +
  ` ' before ' || p.ts_recent || ', which the ' || ${receiver} || CASE WHEN ${isShownLater} THEN ' shows to have in its answer' ELSE ' had already shown to have' END` +
  ` || CASE WHEN ${known('p.echo_at')} IS NULL THEN '. ' ELSE ' (frame ' || (${frameOf('p.echo_at')}) || '). ' END` +
  ` || CASE ${verdict('of_earlier')} WHEN 1 THEN 'Its numbers are those of the connection before on these addresses and ports: an old duplicate. ' ELSE '' END` +
  ` || CASE WHEN ${known('p.segment_at')} IS NULL THEN 'The copy that came late is not in the capture: its octets passed once, and the ACK says that they arrived twice (D-SACK, RFC 2883 §4). ' ELSE '' END`;
const happened =
  `CASE WHEN ${outcomeIs('rejected-dup-ack')} THEN 'The ' || ${receiver} || ' answered with an ACK that had not moved: it threw the segment away'` +
  ` WHEN ${outcomeIs('rejected-silent')} THEN 'The ' || ${receiver} || ' did not take it and said nothing'` +
  ` WHEN ${outcomeIs('accepted')} AND ${verdict('confidence')} = ${CONFIDENCES.indexOf('weak')} AND ${known('p.evidence_at')} IS NULL THEN 'Linux lets it pass, and nothing shows that the ' || ${receiver} || ' did not'` +
  ` WHEN ${outcomeIs('accepted')} AND ${verdict('confidence')} = ${CONFIDENCES.indexOf('weak')} THEN 'The ' || ${receiver} || ' took it, as no stack would whose TIME_WAIT holds that timestamp: TIME_WAIT may have been gone'` +
  ` WHEN ${outcomeIs('accepted')} THEN 'The ' || ${receiver} || ' took it all the same'` +
  ` ELSE 'If it arrived, the rule makes the ' || ${receiver} || ' throw it away; the capture does not show whether it did' END` +
  ` || CASE WHEN ${known('p.evidence_at')} IS NULL THEN '. ' ELSE ' (frame ' || (${frameOf('p.evidence_at')}) || '). ' END` +
  ` || CASE ${verdict('contested')} WHEN 1 THEN 'That ACK may as well be the answer to another segment that came about then. ' ELSE '' END` +
  ` || CASE ${verdict('late_answer')} WHEN 1 THEN 'That ACK came late for an answer, or how long one takes was not captured: it may be the answer to something else. ' ELSE '' END`;
const impact =
  `CASE WHEN ${outcomeIs('accepted')} THEN ''` +
  ` WHEN ${impactIs('lost-new-data')} THEN CASE p.len WHEN 0 THEN 'Its FIN' ELSE ${counted('p.len', 'octet')} || ' of new data' END || ' had to be sent again. '` +
  ` WHEN ${impactIs('stall')} THEN 'New data was refused again and again: the connection stood still. '` +
  ` WHEN ${impactIs('handshake')} THEN 'It delayed the opening of a connection. '` +
  ` ELSE 'No harm was done: it held nothing new. ' END`;
const rule = `CASE ${verdict('state')} WHEN ${STATES.indexOf('TIME_WAIT')} THEN 'Rule: PAWS in TIME_WAIT (RFC 7323 §5.3, Linux tcp_timewait_state_process).' ELSE 'Rule: PAWS, RFC 7323 §5.3 R1.' END`;

export const pawsRejections: View = {
  name: 'paws_rejections',
  about:
    'Each segment whose timestamp is older than what its receiver had already seen (PAWS), and what became of it. A SYN has a row where it meets TIME_WAIT; on a living connection it draws a challenge ACK whatever its timestamp (RFC 5961), and has none.',
  columns: [
    column('id', 'p.id', 'Number of the row.'),
    column(
      'connection_id',
      known('p.connection_id'),
      'The connection that the segment met: its own, or a later one on the same addresses and ports that had taken its place.',
    ),
    column('sender', sender, 'The side that sent the segment.'),
    column(
      'frame',
      frameOf('p.segment_at'),
      'Frame of the segment; NULL where it is not in the capture and only the answer to it tells of it.',
    ),
    column(
      'at_ns',
      at,
      'Time of the segment (of the answer, where the segment is not in the capture), nanoseconds since 1970 UTC.',
    ),
    column('seq', known('p.seq'), 'Sequence number of the segment.'),
    column('len', known('p.len'), 'Octets of payload in the segment.'),
    column('flags', flags, 'TCP flags as tcpdump writes them.'),
    column('tsval', known('p.tsval'), 'Timestamp (TSval) of the segment.'),
    column('ts_recent', known('p.ts_recent'), 'Timestamp that the receiver had, as it had echoed it (TS.Recent).'),
    column('ts_delta', tsDelta, 'tsval - ts_recent, signed, modulo 2^32.'),
    column(
      'margin_s',
      seconds('p.margin_span'),
      "How much too old, in seconds of the sender's clock; NULL where its rate is not known.",
    ),
    column('state', word(verdict('state'), STATES), 'RFC 9293 state of the receiver.'),
    column(
      'outcome',
      word(verdict('outcome'), PAWS_OUTCOMES),
      'rejected-dup-ack, rejected-silent, would-reject or accepted.',
    ),
    column(
      'impact',
      word(verdict('impact'), PAWS_IMPACTS),
      'harmless-old-duplicate, lost-new-data, stall or handshake.',
    ),
    column('confidence', word(verdict('confidence'), CONFIDENCES), 'How sure the outcome is.'),
    column('evidence_frame', frameOf('p.evidence_at'), 'Frame of the ACK that shows the outcome.'),
    column('evidence_ns', absoluteOrNull('p.evidence_rel'), 'Its time, nanoseconds since 1970 UTC.'),
    column(
      'explanation',
      `${before} || ${happened} || ${impact} || ${rule}`,
      'The row in plain sentences, with the rule that applies.',
    ),
    column(
      'capture_id',
      captureOf('CASE p.segment_at WHEN -1 THEN p.evidence_at ELSE p.segment_at END'),
      'The capture that holds the segment.',
    ),
    column('seen', isoUtc(at), 'Time of the segment, ISO 8601 UTC.'),
    column('echo_frame', frameOf('p.echo_at'), 'Frame in which the receiver echoed ts_recent.'),
  ],
  from: 'FROM paws_row AS p',
};
