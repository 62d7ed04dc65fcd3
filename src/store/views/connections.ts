import {
  CLOSES,
  CLOSE_NOTES,
  CONFIDENCES,
  HANDSHAKES,
  RESET_CAUSES,
  RESET_CODES,
  RESET_ORIGINS,
  ROLES,
  SIDES,
  STATES,
  TIMESTAMP_USES,
  TRISTATE,
} from '../../flow/vocabulary.js';
import { OUTCOME_BITS, RESET_BITS } from '../../flow/row-layout.js';
import {
  absoluteNs,
  absoluteOrNull,
  bits,
  clientPort,
  frameOf,
  isoUtc,
  known,
  placePast,
  seconds,
  serverPort,
  word,
} from '../sql.js';
import { column, type View } from './view.js';

const outcome = (field: keyof typeof OUTCOME_BITS): string => bits('c.outcome', OUTCOME_BITS[field]);
const reset = (field: keyof typeof RESET_BITS): string => bits('c.reset', RESET_BITS[field]);

const first = absoluteNs('c.first_rel');
const last = absoluteNs('c.first_rel + c.lasted_span');

/** One copy of a SYN and one of a SYN-ACK where no extra row says otherwise, as CONNECTION_EXTRA_ROW promises. */
const handshakeCode = outcome('handshake');
const synCount = `COALESCE(x.syn_count, ${handshakeCode} >= ${HANDSHAKES.indexOf('syn-only')})`;
const synAckCount = `COALESCE(x.syn_ack_count, ${handshakeCode} >= ${HANDSHAKES.indexOf('syn-syn-ack')})`;

const lastAt = '(c.first_at + c.last_past)';
/** Wireshark's fields differ by family; a connection that runs on into another file has no last frame in this one. */
const field = `CASE WHEN instr(ca.ip, ':') THEN 'ipv6.addr==' ELSE 'ip.addr==' END`;
const filter =
  `${field} || ca.ip || ' && ' || ${field} || sa.ip` +
  ` || ' && tcp.port==' || (${clientPort('c.ports')}) || ' && tcp.port==' || (${serverPort('c.ports')})` +
  ` || ' && frame.number>=' || (c.first_at & 4294967295)` +
  ` || CASE WHEN c.first_at >> 32 = ${lastAt} >> 32 THEN ' && frame.number<=' || (${lastAt} & 4294967295) ELSE '' END`;

export const connections: View = {
  name: 'connections',
  about:
    'Each incarnation of a four-tuple, an unanswered attempt included: who, when, how it opened and how it closed.',
  columns: [
    column('id', 'c.id', 'Number of the connection.'),
    column('client_ip', 'ca.ip', 'Address of the client, the end that sent the first SYN.'),
    column('client_port', clientPort('c.ports'), 'Port of the client.'),
    column('server_ip', 'sa.ip', 'Address of the server.'),
    column('server_port', serverPort('c.ports'), 'Port of the server.'),
    column(
      'roles',
      word(outcome('roles'), ROLES),
      'How the client is known: syn, syn-ack, or guessed where the capture began mid-connection.',
    ),
    column(
      'incarnation',
      'COALESCE(x.incarnation, 1)',
      'How many connections this four-tuple has had, this one counted.',
    ),
    column('first_ns', first, 'Time of its first packet, nanoseconds since 1970 UTC.'),
    column('last_ns', last, 'Time of its last packet, nanoseconds since 1970 UTC.'),
    column('first_seen', isoUtc(first), 'Time of its first packet, ISO 8601 UTC.'),
    column('last_seen', isoUtc(last), 'Time of its last packet, ISO 8601 UTC.'),
    column('duration_s', 'c.lasted_span / 1e9', 'Seconds from its first packet to its last.'),
    column('capture_id', 'c.first_at >> 32', 'The capture that holds its first packet.'),
    column('first_frame', 'c.first_at & 4294967295', 'Frame number of its first packet.'),
    column('last_capture_id', `${lastAt} >> 32`, 'The capture that holds its last packet.'),
    column('last_frame', `${lastAt} & 4294967295`, 'Frame number of its last packet.'),
    column('wireshark_filter', filter, 'A display filter that selects this incarnation in its first capture.'),
    column('community_id', 'm.community_id', 'Community ID v1 with seed 0; NULL unless analyzed with --community-id.'),
    column(
      'handshake',
      word(handshakeCode, HANDSHAKES),
      'What was seen of the handshake: complete, syn-syn-ack, syn-only or none.',
    ),
    column(
      'handshake_rtt_s',
      seconds('c.rtt_span'),
      'Seconds from the SYN to the ACK of the SYN-ACK, a whole round trip; NULL where a copy makes it ambiguous.',
    ),
    column(
      'syn_ack_frame',
      frameOf(placePast('c', 'syn_ack_past')),
      "Frame of the server's SYN-ACK; of several, the last before the client's ACK.",
    ),
    column('syn_ack_ns', `${first} + ${known('c.syn_ack_span')}`, 'Its time, nanoseconds since 1970 UTC.'),
    column(
      'handshake_ack_frame',
      frameOf(placePast('c', 'handshake_ack_past')),
      "Frame of the client's ACK of the SYN-ACK, with which the handshake was complete; it may carry data, too.",
    ),
    column(
      'handshake_ack_ns',
      `CASE WHEN c.handshake_ack_past <> -1 THEN COALESCE(${first} + ${known('c.rtt_span')}, ${absoluteOrNull('x.handshake_ack_rel')}) END`,
      'Its time, nanoseconds since 1970 UTC.',
    ),
    column('syn_count', synCount, 'Copies of the SYN.'),
    column('syn_ack_count', synAckCount, 'Copies of the SYN-ACK.'),
    column('client_isn', known('c.client_isn'), 'Initial sequence number of the client.'),
    column('server_isn', known('c.server_isn'), 'Initial sequence number of the server.'),
    column(
      'timestamps',
      word(outcome('timestamps'), TIMESTAMP_USES),
      '1 where both sides use RFC 7323 timestamps, 0 where not, NULL where it cannot be told.',
    ),
    column('client_packets', 'c.client_packets', 'Packets from the client; copies made by the capture are left out.'),
    column('server_packets', 'c.server_packets', 'Packets from the server; copies made by the capture are left out.'),
    column('client_bytes', 'c.client_bytes', 'Octets of TCP payload from the client, retransmissions counted.'),
    column('server_bytes', 'c.server_bytes', 'Octets of TCP payload from the server, retransmissions counted.'),
    column(
      'client_unique_bytes',
      'c.client_bytes - COALESCE(x.client_repeated, 0)',
      'Octets of sequence space seen as payload from the client, each once.',
    ),
    column(
      'server_unique_bytes',
      'c.server_bytes - COALESCE(x.server_repeated, 0)',
      'Octets of sequence space seen as payload from the server, each once.',
    ),
    column('client_retransmissions', 'COALESCE(x.client_retransmissions, 0)', 'Segments that the client sent again.'),
    column('server_retransmissions', 'COALESCE(x.server_retransmissions, 0)', 'Segments that the server sent again.'),
    column(
      'close',
      word(outcome('close'), CLOSES),
      'How it ended: fin, half-closed, fin-then-rst, rst, refused, unanswered, open or replaced. Where it left memory before (close_note), how it stood then.',
    ),
    column(
      'closed_first',
      word(outcome('closed_first'), SIDES),
      'The side whose FIN (or RST, where no FIN came first) was the first that took effect: client, server or both.',
    ),
    column(
      'closed_first_confidence',
      word(outcome('closed_first_confidence'), CONFIDENCES),
      'How sure closed_first is: certain, strong, likely, weak or unknown.',
    ),
    column('close_note', word(outcome('close_note'), CLOSE_NOTES), 'Why the confidence is not higher.'),
    column('client_fin_frame', frameOf(placePast('c', 'client_fin_past')), "Frame of the client's first FIN."),
    column('server_fin_frame', frameOf(placePast('c', 'server_fin_past')), "Frame of the server's first FIN."),
    column(
      'client_fin_ns',
      absoluteOrNull('c.client_fin_rel'),
      "Time of the client's first FIN, nanoseconds since 1970 UTC.",
    ),
    column(
      'server_fin_ns',
      absoluteOrNull('c.server_fin_rel'),
      "Time of the server's first FIN, nanoseconds since 1970 UTC.",
    ),
    column(
      'reset_by',
      word(reset('by'), SIDES),
      'The side in whose name the reset came that ended it or hit its TIME_WAIT.',
    ),
    column('reset_cause', word(reset('cause'), RESET_CAUSES), 'Why it was reset, as far as the packets show.'),
    column(
      'reset_code',
      word(reset('code'), RESET_CODES),
      'A finer code of the cause; tcpclose explain CODE tells what it means.',
    ),
    column(
      'reset_confidence',
      word(`CASE c.reset WHEN 0 THEN -1 ELSE ${reset('confidence')} END`, CONFIDENCES),
      'How sure the cause is.',
    ),
    column('reset_frame', frameOf('x.reset_at'), 'Frame of the reset.'),
    column('reset_ns', absoluteOrNull('x.reset_rel'), 'Time of the reset, nanoseconds since 1970 UTC.'),
    column('reset_origin', word(reset('origin'), RESET_ORIGINS), 'Who made the reset: endpoint, middlebox or unknown.'),
    column(
      'reset_acceptable',
      word(reset('acceptable'), TRISTATE),
      '1 where the receiver had to obey the reset (RFC 5961), 0 where not, NULL where it cannot be told.',
    ),
    column(
      'idle_before_end_s',
      seconds('c.idle_end_span'),
      'Seconds of silence before the FIN or RST that began the end.',
    ),
    column('longest_idle_s', seconds('c.idle_max_span'), 'Longest silence, seconds.'),
    column('time_wait_at', word(outcome('time_wait_at'), SIDES), 'The side that went into TIME_WAIT.'),
    column(
      'time_wait_ns',
      absoluteOrNull('c.time_wait_rel'),
      'When it went into TIME_WAIT, nanoseconds since 1970 UTC: the ACK of the last FIN; the FIN itself where that was missed.',
    ),
    column('client_state', word(outcome('client_state'), STATES), 'RFC 9293 state of the client when last seen.'),
    column('server_state', word(outcome('server_state'), STATES), 'RFC 9293 state of the server when last seen.'),
    column(
      'close_wait_s',
      seconds('c.close_wait_span'),
      "Seconds that the passive side sat on the peer's FIN before its own, or until the capture's end.",
    ),
  ],
  from: `FROM connection_row AS c
JOIN address AS ca ON ca.id = c.client_address
JOIN address AS sa ON sa.id = c.server_address
LEFT JOIN connection_extra_row AS x ON x.id = c.id
LEFT JOIN connection_community AS m ON m.id = c.id`,
};
