import { absoluteNs, captureOf, frameOf, isoUtc, known, seconds, serialDelta } from '../sql.js';
import { column, type View } from './view.js';

const at = absoluteNs('r.syn_rel');

export const timestampRegressions: View = {
  name: 'timestamp_regressions',
  about:
    'Each SYN whose timestamp is behind that of the SYN just before it from the same source to the same destination.',
  columns: [
    column('id', 'r.id', 'Number of the row.'),
    column('source_ip', 'sa.ip', 'The address that sent both SYNs.'),
    column('destination_ip', 'da.ip', 'The address that both went to.'),
    column('connection_id', known('r.connection_id'), 'The connection that the later SYN began.'),
    column('previous_connection_id', known('r.previous_connection_id'), 'The connection that the SYN before began.'),
    column('frame', frameOf('r.syn_at'), 'Frame of the later SYN.'),
    column('at_ns', at, 'Time of the later SYN, nanoseconds since 1970 UTC.'),
    column('tsval', known('r.tsval'), 'Timestamp (TSval) of the later SYN.'),
    column('previous_tsval', known('r.previous_tsval'), 'Timestamp of the SYN before.'),
    column('ts_delta', serialDelta('r.tsval', 'r.previous_tsval'), 'tsval - previous_tsval, signed, modulo 2^32.'),
    column('elapsed_s', seconds('r.elapsed_span'), 'Seconds between the two SYNs.'),
    column(
      'tw_recycle_drop',
      'r.tw_recycle_drop',
      '1 where Linux before 4.12 with tcp_tw_recycle=1 would have dropped it.',
    ),
    column('capture_id', captureOf('r.syn_at'), 'The capture that holds the later SYN.'),
    column('seen', isoUtc(at), 'Time of the later SYN, ISO 8601 UTC.'),
  ],
  from: `FROM timestamp_regression_row AS r
JOIN address AS sa ON sa.id = r.source_address
LEFT JOIN address AS da ON da.id = r.destination_address`,
};
