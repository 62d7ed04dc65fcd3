import { connections } from './connections.js';
import { column, columnsFrom, type View } from './view.js';
import { isoUtc } from '../sql.js';

export const resets: View = {
  name: 'resets',
  about:
    'Every connection that a reset ended, or whose TIME_WAIT it hit: by whom, cause, code, origin, idle time before it.',
  columns: [
    column('connection_id', 'c.id', 'Number of the connection.'),
    ...columnsFrom(connections, 'c', [
      'client_ip',
      'client_port',
      'server_ip',
      'server_port',
      'reset_by',
      'reset_cause',
      'reset_code',
      'reset_confidence',
      'reset_origin',
      'reset_acceptable',
      'idle_before_end_s',
      'close',
      'closed_first',
      'duration_s',
      'capture_id',
      'reset_frame',
      'reset_ns',
    ]),
    column('reset_seen', isoUtc('c.reset_ns'), 'Time of the reset, ISO 8601 UTC.'),
    ...columnsFrom(connections, 'c', ['wireshark_filter']),
  ],
  from: 'FROM connections AS c WHERE c.id IN (SELECT id FROM connection_row WHERE reset <> 0)',
};
