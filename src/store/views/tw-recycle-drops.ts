import { absoluteNs, captureOf, clientPort, frameOf, isoUtc, known, serialDelta, serverPort } from '../sql.js';
import { column, type View } from './view.js';

const at = absoluteNs('d.syn_rel');

export const recycleDrops: View = {
  name: 'tw_recycle_drops',
  about:
    'Each SYN (first copy) that Linux before 4.12 with tcp_tw_recycle=1 would have dropped, for its timestamp is behind what the server remembered of its address.',
  columns: [
    column('id', 'd.id', 'Number of the row.'),
    column('connection_id', known('d.connection_id'), 'The connection that the SYN opened.'),
    column('client_ip', 'ca.ip', 'Address that sent the SYN.'),
    column('client_port', clientPort('c.ports'), 'Port that sent the SYN.'),
    column('server_ip', 'sa.ip', 'Address that the SYN went to.'),
    column('server_port', serverPort('c.ports'), 'Port that the SYN went to.'),
    column('frame', frameOf('d.syn_at'), 'Frame of the SYN.'),
    column('at_ns', at, 'Time of the SYN, nanoseconds since 1970 UTC.'),
    column('tsval', 'd.tsval', 'Timestamp (TSval) of the SYN.'),
    column(
      'remembered_tsval',
      'd.remembered_tsval',
      'Timestamp that the server would have remembered: of a connection of that address that it closed first, less than 60 s before.',
    ),
    column('ts_delta', serialDelta('d.tsval', 'd.remembered_tsval'), 'tsval - remembered_tsval, signed, modulo 2^32.'),
    column('capture_id', captureOf('d.syn_at'), 'The capture that holds the SYN.'),
    column('seen', isoUtc(at), 'Time of the SYN, ISO 8601 UTC.'),
  ],
  from: `FROM tw_recycle_drop_row AS d
LEFT JOIN connection_row AS c ON c.id = d.connection_id
LEFT JOIN address AS ca ON ca.id = c.client_address
LEFT JOIN address AS sa ON sa.id = c.server_address`,
};
