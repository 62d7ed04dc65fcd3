import { ZEEK_SHIFT } from '../../flow/row-layout.js';
import { connections } from './connections.js';
import { column, columnsFrom, type View } from './view.js';

/**
 * argus 3.0.8 (ra's field `state`), as it says of a capture with this connection alone; of several on one four-tuple it
 * makes one record.
 */
const argus = `CASE WHEN c.reset_by IS NOT NULL OR c.close IN ('refused', 'rst', 'fin-then-rst') THEN 'RST'
    WHEN c.close IN ('fin', 'half-closed') THEN 'FIN' WHEN c.handshake = 'syn-only' THEN 'REQ' WHEN c.handshake = 'syn-syn-ack' THEN 'ACC' ELSE 'CON' END`;

/** Suricata's one state for both ends (stream-tcp.c): the server's FIN leads to fin_wait1, the client's to close_wait. */
const suricata = `CASE WHEN c.roles <> 'syn' THEN NULL WHEN c.close IN ('refused', 'rst', 'fin-then-rst') THEN 'closed'
    WHEN c.close = 'fin' AND c.time_wait_at IS NOT NULL THEN 'closed'
    WHEN c.close = 'fin' THEN CASE c.closed_first WHEN 'client' THEN 'last_ack' WHEN 'server' THEN 'time_wait' ELSE 'closing' END
    WHEN c.close = 'half-closed' THEN CASE WHEN c.client_fin_frame IS NOT NULL THEN 'close_wait' WHEN c.client_state = 'CLOSE_WAIT' THEN 'fin_wait2' ELSE 'fin_wait1' END
    WHEN c.handshake = 'syn-only' THEN 'syn_sent' WHEN c.handshake = 'syn-syn-ack' THEN 'syn_recv' ELSE 'established' END`;

export const stateNames: View = {
  name: 'state_names',
  about: 'What other tools call the end of each connection: Zeek, Suricata and argus beside RFC 9293.',
  columns: [
    column('connection_id', 'c.id', 'Number of the connection.'),
    ...columnsFrom(connections, 'c', ['close', 'client_state', 'server_state']),
    column(
      'zeek_conn_state',
      'h.conn_state',
      "conn_state of Zeek's conn.log; of several that Zeek makes of this connection, the first.",
    ),
    column(
      'suricata_tcp_state',
      suricata,
      "tcp.state of Suricata's flow records (flow.state is closed for last_ack, time_wait and closed); NULL without a SYN, where Suricata follows nothing by default.",
    ),
    column(
      'argus_state',
      argus,
      "State that argus' ra prints: REQ, ACC, CON, FIN or RST (there also where a reset took no effect); connections that follow each other on one four-tuple are one record there.",
    ),
  ],
  from: `FROM connections AS c
CROSS JOIN connection_row AS r ON r.id = c.id
LEFT JOIN zeek_history AS h ON h.id = COALESCE((SELECT z.history FROM zeek_conn_row AS z WHERE z.connection_id = c.id ORDER BY z.part LIMIT 1), (r.outcome >> ${ZEEK_SHIFT}) >> 1)`,
};
