import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { CLOSES, SIDES } from '../../flow/vocabulary.js';
import { absoluteNs, bits, clientPort, frameOf, isoUtc, known, serialDelta, serverPort, word } from '../sql.js';
import { column, type View } from './view.js';

const at = absoluteNs('n.first_rel');
const sameRoles = 'n.client_address = p.client_address AND n.ports = p.ports';

/** Both ends as one number each, the smaller first: the four-tuple without its direction. */
const ends = (alias: string): [string, string] => [
  `(${alias}.client_address << 16) + (${alias}.ports >> 16)`,
  `(${alias}.server_address << 16) + (${alias}.ports & 65535)`,
];
const low = (alias: string): string => `min(${ends(alias).join(', ')})`;
const high = (alias: string): string => `max(${ends(alias).join(', ')})`;

/** A late reset or a challenge ACK belongs to the first, but comes when the second is there already: no end of it. */
const ended =
  'CASE WHEN p.time_wait_rel <> -1 THEN p.time_wait_rel WHEN px.reset_rel <> -1 THEN px.reset_rel ELSE p.first_rel + p.lasted_span END';

/** Incarnations are counted in each recording; the first connection id of a recording tells them apart. */
const recordingOf = (id: string): string =>
  `(SELECT max(r.id) FROM recordings AS r WHERE r.first_connection_id <= ${id})`;

export const tupleReuse: View = {
  name: 'tuple_reuse',
  about:
    'Each pair of connections that follow each other on one four-tuple: the gap, how the first ended, and how the numbers moved.',
  with: `tuples(id, low, high, incarnation) AS MATERIALIZED (
  SELECT c.id, ${low('c')}, ${high('c')}, COALESCE(x.incarnation, 1)
  FROM connection_row AS c LEFT JOIN connection_extra_row AS x ON x.id = c.id
)`,
  columns: [
    column('connection_id', 'n.id', 'The later connection.'),
    column('previous_connection_id', 'p.id', 'The connection before it on the same four-tuple.'),
    column('client_ip', 'ca.ip', "Address of the later connection's client."),
    column('client_port', clientPort('n.ports'), "Port of the later connection's client."),
    column('server_ip', 'sa.ip', "Address of the later connection's server."),
    column('server_port', serverPort('n.ports'), "Port of the later connection's server."),
    column('incarnation', 'nx.incarnation', 'How many connections the four-tuple has had, the later one counted.'),
    column(
      'gap_s',
      `(n.first_rel - ${ended}) / 1e9`,
      'Seconds from the end of the first (the complete close, the reset that ended it, else its last packet) to the first packet of the second; negative where they overlap.',
    ),
    column('previous_close', word(bits('p.outcome', OUTCOME_BITS.close), CLOSES), 'How the first ended.'),
    column(
      'previous_closed_first',
      word(bits('p.outcome', OUTCOME_BITS.closed_first), SIDES),
      'Who closed the first one first.',
    ),
    column(
      'isn_delta',
      `CASE WHEN ${sameRoles} THEN ${serialDelta(known('n.client_isn'), known('p.client_isn'))} END`,
      "The client's ISN minus its ISN before, signed, modulo 2^32; NULL where the roles changed.",
    ),
    column(
      'ts_delta',
      `CASE WHEN t.previous_connection_id = p.id THEN ${serialDelta(known('t.tsval'), known('t.previous_tsval'))} END`,
      'Timestamp of the SYN minus the last one of the same sender before; NULL where one of them has none, and after an attempt that nobody took up.',
    ),
    column('close', word(bits('n.outcome', OUTCOME_BITS.close), CLOSES), 'How the second ended.'),
    column('first_frame', frameOf('n.first_at'), 'Frame of the first packet of the second.'),
    column('first_ns', at, 'Time of that packet, nanoseconds since 1970 UTC.'),
    column('first_seen', isoUtc(at), 'Time of that packet, ISO 8601 UTC.'),
  ],
  // In this order: by any other that SQLite may think better, all connections of a server are held against each other.
  from: `FROM connection_extra_row AS nx
CROSS JOIN connection_row AS n ON n.id = nx.id
CROSS JOIN tuples AS q ON q.low = ${low('n')} AND q.high = ${high('n')} AND q.incarnation = nx.incarnation - 1
JOIN connection_row AS p ON p.id = q.id
JOIN address AS ca ON ca.id = n.client_address
JOIN address AS sa ON sa.id = n.server_address
LEFT JOIN connection_extra_row AS px ON px.id = p.id
LEFT JOIN tuple_reuse_row AS t ON t.id = n.id
WHERE nx.incarnation > 1 AND ${recordingOf('n.id')} IS ${recordingOf('p.id')}`,
};
