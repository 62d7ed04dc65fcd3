import {
  CONFIDENCES,
  ISN_RELATIONS,
  SIDES,
  STACK_VERDICTS,
  TIME_WAIT_OUTCOMES,
  TS_RELATIONS,
} from '../../flow/vocabulary.js';
import { TIME_WAIT_SYN_BITS } from '../../flow/row-layout.js';
import {
  absoluteNs,
  absoluteOrNull,
  bits,
  clientPort,
  counted,
  frameOf,
  captureOf,
  isoUtc,
  known,
  seconds,
  serialDelta,
  serverPort,
  spokenCount,
  spokenSeconds,
  word,
} from '../sql.js';
import { column, type View } from './view.js';

const verdict = (field: keyof typeof TIME_WAIT_SYN_BITS): string => bits('t.verdict', TIME_WAIT_SYN_BITS[field]);
const at = absoluteNs('t.syn_rel');
const isnDelta = serialDelta('t.isn', known('t.previous_final_seq'));
const tsDelta = serialDelta(known('t.tsval'), known('t.previous_tsval'));
const stack = (field: keyof typeof TIME_WAIT_SYN_BITS): string => word(verdict(field), STACK_VERDICTS);
const outcomeIs = (name: (typeof TIME_WAIT_OUTCOMES)[number]): string =>
  `${verdict('outcome')} = ${TIME_WAIT_OUTCOMES.indexOf(name)}`;
const isnIs = (name: (typeof ISN_RELATIONS)[number]): string =>
  `${verdict('isn_relation')} = ${ISN_RELATIONS.indexOf(name)}`;
const stackIs = (field: keyof typeof TIME_WAIT_SYN_BITS, name: (typeof STACK_VERDICTS)[number]): string =>
  `${verdict(field)} = ${STACK_VERDICTS.indexOf(name)}`;
const tsIs = (name: (typeof TS_RELATIONS)[number]): string =>
  `${verdict('ts_relation')} = ${TS_RELATIONS.indexOf(name)}`;

const holder = `CASE ${verdict('holder')} WHEN 1 THEN 'the client itself held TIME_WAIT' WHEN 3 THEN 'both ends held TIME_WAIT' ELSE 'the server held TIME_WAIT' END`;
const resetter = `CASE ${verdict('holder')} WHEN 1 THEN 'A reset of the server' WHEN 3 THEN 'A reset' ELSE 'A reset of the client' END`;
const when = `'This SYN came ' || ${spokenSeconds('t.elapsed_span / 1e9')} || ' after TIME_WAIT began for the connection before it on the same addresses and ports; ' || ${holder} || '. '`;
const numbers =
  `'Its initial sequence number ' || CASE WHEN ${known('t.previous_final_seq')} IS NULL THEN 'cannot be compared, for the old one was not seen'` +
  ` WHEN ${isnIs('equal')} THEN 'equals the old final number' WHEN ${isnIs('ambiguous')} THEN 'lies half the number space away from the old final number'` +
  ` ELSE 'is ' || ${spokenCount(`abs(${isnDelta})`)} || CASE WHEN ${isnIs('higher')} THEN ' above' ELSE ' below' END || ' the old final number' END` +
  ` || CASE WHEN ${tsIs('absent')} THEN ' and there is no timestamp to compare. '` +
  ` WHEN ${tsIs(null)} THEN ', and the snap length cut off the timestamps. '` +
  ` WHEN ${tsIs('equal')} THEN ' and its timestamp equals the last one of its sender. '` +
  ` ELSE ' and its timestamp is ' || ${counted(`abs(${tsDelta})`, 'tick')} || CASE WHEN ${tsIs('higher')} THEN ' later' ELSE ' earlier' END || ' than the last one of its sender. ' END`;
const copies = `CASE WHEN t.attempts > 1 THEN ' (' || t.attempts || ' copies of the SYN)' ELSE '' END`;
const delay = `CASE WHEN ${known('t.retry_span')} > 0 THEN ', ' || ${spokenSeconds('t.retry_span / 1e9')} || ' after the first copy' ELSE '' END`;
const outlived = `CASE t.outlived_resets WHEN 0 THEN '' WHEN 1 THEN '; a reset with the right number had not ended TIME_WAIT: tcp_rfc1337, or it was lost' ELSE '; ' || t.outlived_resets || ' resets with the right number had not ended TIME_WAIT: tcp_rfc1337, or they were lost' END`;
const happened =
  `CASE WHEN ${outcomeIs('accepted')} THEN 'It was accepted' || ${delay} || CASE ${verdict('linux_isn')} WHEN 1 THEN '; the SYN-ACK starts 65537 above the old number, as Linux does when it reopens TIME_WAIT' ELSE '' END` +
  ` WHEN ${outcomeIs('challenged')} THEN 'It was answered with an ACK of the old connection, which refuses it'` +
  ` WHEN ${outcomeIs('accepted-after-rst')} THEN ${resetter} || ' cleared TIME_WAIT first, and then the SYN was accepted' || ${delay}` +
  ` WHEN ${outcomeIs('reset')} THEN 'It was answered with a reset'` +
  ` ELSE 'No answer was captured' END || ${copies} || ${outlived} || '. '`;
const rule =
  `CASE WHEN ${verdict('holder')} = 1 THEN 'A host may reuse a port that it holds in TIME_WAIT itself when timestamps tell old segments from new ones (Linux tcp_tw_reuse, RFC 6191).'` +
  ` WHEN ${tsIs(null)} THEN 'Rules that look at timestamps (Linux, RFC 6191 §2) cannot be applied without them.'` +
  ` WHEN ${stackIs('linux', null)} OR ${stackIs('rfc6191', null)} THEN 'Linux and RFC 6191 §2 compare its timestamp with the last that the other end remembered; which one that was is not known, and where their columns are NULL it decides. FreeBSD and gVisor look at the number only.'` +
  ` WHEN ${tsIs('lower')} AND ${stackIs('linux', 'accept')} AND ${stackIs('rfc6191', 'drop')} THEN 'To RFC 6191 §2 its timestamp is earlier, and it drops the SYN; Linux takes it all the same, for the timestamp is half the space away, or the one before was zero.'` +
  ` WHEN ${tsIs('lower')} AND ${stackIs('linux', 'challenge')} AND ${stackIs('rfc6191', 'drop')} THEN 'Linux refuses a SYN with an earlier timestamp whatever its number (PAWS in TIME_WAIT, RFC 7323 §5.3), and so does RFC 6191 §2; FreeBSD and gVisor look at the number only.'` +
  ` WHEN ${isnIs('ambiguous')} THEN 'A number half the space away counts as higher where the difference is read as a signed number, as Linux and FreeBSD do; to RFC 6191 §2 ' || CASE WHEN ${stackIs('rfc6191', 'accept')} THEN 'the timestamp is enough.' ELSE 'it is not greater.' END` +
  ` WHEN ${tsIs('higher')} AND ${stackIs('freebsd', 'accept')} AND ${stackIs('linux', 'accept')} THEN 'The number and the timestamp are both newer: every stack that reopens TIME_WAIT may take it (RFC 6191 §2, RFC 9293 §3.10.7.4).'` +
  ` WHEN ${tsIs('higher')} AND ${stackIs('linux', 'accept')} THEN 'A later timestamp is enough, whatever the number (RFC 6191 §2, Linux); FreeBSD and gVisor look at the number only and drop it.'` +
  ` WHEN ${stackIs('freebsd', 'accept')} THEN 'A higher number is enough where timestamps do not speak against it (practice since 4.2BSD; RFC 6191 §2).'` +
  ` WHEN ${stackIs('rfc6191', 'accept')} THEN 'RFC 6191 §2 takes it, for ' || CASE WHEN ${isnIs('equal')} THEN 'its number is greater than that of the old FIN' ELSE 'it has a timestamp, and in the connection before none had been agreed on' END || '; Linux answers with the old ACK (RFC 5961 §4.2), FreeBSD and gVisor drop it.'` +
  ` ELSE 'Nothing proves that it is not an old duplicate: RFC 6191 §2 drops it, Linux answers with the old ACK (RFC 5961 §4.2).' END`;

export const timeWaitSyns: View = {
  name: 'time_wait_syns',
  about:
    'Each SYN that arrived for a four-tuple one of whose ends was in TIME_WAIT, what became of it, and what each stack would do.',
  columns: [
    column('id', 't.id', 'Number of the row.'),
    column('connection_id', known('t.connection_id'), 'The attempt that the SYN began.'),
    column('previous_connection_id', known('t.previous_connection_id'), 'The connection that was in TIME_WAIT.'),
    column('client_ip', 'ca.ip', 'Address that sent the SYN.'),
    column('client_port', clientPort('c.ports'), 'Port that sent the SYN.'),
    column('server_ip', 'sa.ip', 'Address that the SYN went to.'),
    column('server_port', serverPort('c.ports'), 'Port that the SYN went to.'),
    column('frame', frameOf('t.syn_at'), 'Frame of the first copy of the SYN.'),
    column('at_ns', at, 'Time of the first copy, nanoseconds since 1970 UTC.'),
    column('elapsed_s', seconds('t.elapsed_span'), 'Seconds since TIME_WAIT began.'),
    column('isn', known('t.isn'), 'Initial sequence number of the SYN.'),
    column(
      'previous_final_seq',
      known('t.previous_final_seq'),
      'Highest sequence number + 1 that the same sender had used before.',
    ),
    column('isn_delta', isnDelta, 'isn - previous_final_seq, signed, modulo 2^32.'),
    column(
      'isn_relation',
      word(verdict('isn_relation'), ISN_RELATIONS),
      'higher, lower, equal or ambiguous: the new number against the old one.',
    ),
    column('tsval', known('t.tsval'), 'Timestamp (TSval) of the SYN.'),
    column('previous_tsval', known('t.previous_tsval'), 'Last timestamp of the same sender in the connection before.'),
    column('ts_delta', tsDelta, 'tsval - previous_tsval, signed, modulo 2^32.'),
    column(
      'ts_relation',
      word(verdict('ts_relation'), TS_RELATIONS),
      'higher, lower, equal or absent: the new timestamp against the old one.',
    ),
    column(
      'outcome',
      word(verdict('outcome'), TIME_WAIT_OUTCOMES),
      'What the capture shows: accepted, challenged, accepted-after-rst, reset or unanswered.',
    ),
    column('attempts', 't.attempts', 'Copies of the SYN.'),
    column('retry_delay_s', seconds('t.retry_span'), 'Seconds from the first copy to the SYN-ACK that took it.'),
    column('confidence', word(verdict('confidence'), CONFIDENCES), 'How sure the outcome is.'),
    column(
      'rfc1122',
      stack('rfc1122'),
      'The rule that grew out of RFC 1122 4.2.2.13, timestamps left aside: accept or challenge.',
    ),
    column('rfc6191', stack('rfc6191'), 'What RFC 6191 would do: accept, challenge or drop.'),
    column('linux', stack('linux'), 'What Linux would do: accept, challenge or drop.'),
    column('freebsd', stack('freebsd'), 'What FreeBSD would do: accept, challenge or drop.'),
    column('openbsd', stack('openbsd'), 'What OpenBSD would do: accept, challenge or drop.'),
    column('macos', stack('macos'), 'What macOS would do: accept, challenge or drop.'),
    column('gvisor', stack('gvisor'), 'What gVisor would do: accept, challenge or drop.'),
    column('windows', stack('windows'), 'What Windows Server 2003 would do: accept, challenge or drop.'),
    column(
      'explanation',
      `${when} || ${numbers} || ${happened} || ${rule}`,
      'The row in plain sentences, with the rule that applies.',
    ),
    column('holder', word(verdict('holder'), SIDES), 'The side of the attempt that held TIME_WAIT.'),
    column('capture_id', captureOf('t.syn_at'), 'The capture that holds the SYN.'),
    column('seen', isoUtc(at), 'Time of the first copy, ISO 8601 UTC.'),
    column('answer_capture_id', captureOf('t.answer_at'), 'The capture that holds the answer.'),
    column('answer_frame', frameOf('t.answer_at'), 'Frame that shows the outcome.'),
    column('answer_ns', absoluteOrNull('t.answer_rel'), 'Its time, nanoseconds since 1970 UTC.'),
    column(
      'linux_reopened',
      verdict('linux_isn'),
      '1 where the SYN-ACK starts 65537 above the old number: Linux reopened TIME_WAIT.',
    ),
    column(
      'client_reuse',
      verdict('client_reuse'),
      '1 where the SYN shows that its sender reused its own TIME_WAIT (tcp_tw_reuse).',
    ),
    column(
      'outlived_resets',
      't.outlived_resets',
      "Resets of the SYN's sender with the right number that TIME_WAIT outlived: tcp_rfc1337, or they were lost.",
    ),
  ],
  from: `FROM time_wait_syn_row AS t
LEFT JOIN connection_row AS c ON c.id = t.connection_id
LEFT JOIN address AS ca ON ca.id = c.client_address
LEFT JOIN address AS sa ON sa.id = c.server_address`,
};
