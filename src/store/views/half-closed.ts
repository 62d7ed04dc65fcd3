import { connections } from './connections.js';
import { column, columnsFrom, type View } from './view.js';

const clientHolds = 'c.client_fin_frame IS NULL';
const side = (ifClient: string, ifServer: string): string =>
  `CASE WHEN ${clientHolds} THEN ${ifClient} ELSE ${ifServer} END`;

export const halfClosed: View = {
  name: 'half_closed',
  about:
    'Connections of which one side sent its FIN and the other never did: who has not closed, for how long, and how it ended.',
  columns: [
    column('connection_id', 'c.id', 'Number of the connection.'),
    column('holder', side("'client'", "'server'"), 'The side that has not closed.'),
    column('holder_ip', side('c.client_ip', 'c.server_ip'), 'Address of the side that has not closed.'),
    column('holder_port', side('c.client_port', 'c.server_port'), 'Port of the side that has not closed.'),
    column('peer_ip', side('c.server_ip', 'c.client_ip'), 'Address of the side that sent its FIN.'),
    column('peer_port', side('c.server_port', 'c.client_port'), 'Port of the side that sent its FIN.'),
    column(
      'held_s',
      'c.close_wait_s',
      "Seconds since the peer's FIN was acknowledged, to the end of the connection or of the capture.",
    ),
    column('ended', 'c.close', 'How it ended: half-closed (it never did), fin-then-rst or another close.'),
    column('holder_state', side('c.client_state', 'c.server_state'), 'RFC 9293 state of the holder when last seen.'),
    column('peer_state', side('c.server_state', 'c.client_state'), 'RFC 9293 state of the peer when last seen.'),
    column('peer_fin_frame', 'COALESCE(c.client_fin_frame, c.server_fin_frame)', "Frame of the peer's FIN."),
    column(
      'peer_fin_ns',
      'COALESCE(c.client_fin_ns, c.server_fin_ns)',
      "Time of the peer's FIN, nanoseconds since 1970 UTC.",
    ),
    ...columnsFrom(connections, 'c', ['reset_by', 'reset_cause', 'capture_id', 'wireshark_filter']),
  ],
  from: `FROM connections AS c
WHERE c.id IN (SELECT id FROM connection_row WHERE (client_fin_past = -1) <> (server_fin_past = -1))`,
};
