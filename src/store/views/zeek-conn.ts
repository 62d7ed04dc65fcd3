import { ZEEK_SHIFT } from '../../flow/row-layout.js';
import { absoluteNs, clientPort, serverPort } from '../sql.js';
import { column, type View } from './view.js';

const code = `c.outcome >> ${ZEEK_SHIFT}`;
const flipped = `(${code}) & 1`;
const orig = (client: string, server: string): string => `CASE ${flipped} WHEN 0 THEN ${client} ELSE ${server} END`;
const resp = (client: string, server: string): string => orig(server, client);

/** Zeek's clock stops at the second FIN. */
const duration = `CASE WHEN c.client_fin_rel <> -1 AND c.server_fin_rel <> -1
    THEN max(c.client_fin_rel, c.server_fin_rel) - c.first_rel ELSE c.lasted_span END`;

const pair = (name: string, client: string, server: string): string =>
  `${orig(client, server)} AS orig_${name}, ${resp(client, server)} AS resp_${name}`;

/** Zeek's connections: ours where they are the same, else the rows that were written for Zeek alone. */
const seen = `zeek_seen AS (
  SELECT 'C' || c.id AS uid, (${code}) >> 1 AS history, c.first_rel, ${duration} AS lasted_span,
    ${pair('address', 'c.client_address', 'c.server_address')},
    ${pair('port', clientPort('c.ports'), serverPort('c.ports'))},
    ${pair('packets', 'c.client_packets', 'c.server_packets')},
    ${pair('bytes', 'c.client_bytes - COALESCE(x.client_repeated, 0)', 'c.server_bytes - COALESCE(x.server_repeated, 0)')}
  FROM connection_row AS c LEFT JOIN connection_extra_row AS x ON x.id = c.id WHERE ${code} <> 0
  UNION ALL
  SELECT 'C' || z.connection_id || '.' || z.part, z.history, z.first_rel, z.lasted_span, z.orig_address, z.resp_address,
    ${clientPort('z.ports')}, ${serverPort('z.ports')}, z.orig_packets, z.resp_packets, z.orig_bytes, z.resp_bytes
  FROM zeek_conn_row AS z CROSS JOIN connection_row AS c ON c.id = z.connection_id WHERE ${code} = 0
)`;

const ifItLasted = (sql: string): string => `CASE WHEN s.lasted_span > 0 THEN ${sql} END`;

export const zeekConn: View = {
  name: 'zeek_conn',
  about: "The same connections as Zeek's conn.log would have them, with its default settings.",
  with: seen,
  columns: [
    column('ts', `${absoluteNs('s.first_rel')} / 1e9`, 'Time of its first packet, seconds since 1970 UTC.'),
    column('uid', 's.uid', 'C and the number of the connection, with a part behind it where Zeek makes several of it.'),
    column('id_orig_h', 'o.ip', "Address of the end that Zeek calls originator: the first packet's sender as a rule."),
    column('id_orig_p', 's.orig_port', 'Its port.'),
    column('id_resp_h', 'r.ip', 'Address of the responder.'),
    column('id_resp_p', 's.resp_port', 'Its port.'),
    column('proto', "'tcp'", 'tcp.'),
    column(
      'duration',
      ifItLasted('s.lasted_span / 1e9'),
      'Seconds from the first packet to the last; what follows the second FIN is not counted. NULL where it is zero.',
    ),
    column('orig_bytes', ifItLasted('s.orig_bytes'), 'Payload octets of the originator by sequence numbers.'),
    column('resp_bytes', ifItLasted('s.resp_bytes'), 'Payload octets of the responder by sequence numbers.'),
    column(
      'conn_state',
      'h.conn_state',
      'S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR or OTH, as the documentation of Zeek explains them.',
    ),
    column(
      'history',
      'h.history',
      "What happened, a letter each, the originator's in upper case: S SYN, H SYN-ACK, A ACK, D data, F FIN, R RST, T retransmission, W zero window, G gap, I and Q odd flags; ^ roles guessed from ports.",
    ),
    column('orig_pkts', 's.orig_packets', 'Packets of the originator; copies made by the capture count.'),
    column('resp_pkts', 's.resp_packets', 'Packets of the responder; copies made by the capture count.'),
  ],
  from: `FROM zeek_seen AS s
CROSS JOIN zeek_history AS h ON h.id = s.history
CROSS JOIN address AS o ON o.id = s.orig_address
CROSS JOIN address AS r ON r.id = s.resp_address`,
};
