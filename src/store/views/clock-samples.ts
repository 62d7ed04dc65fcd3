import { absoluteNs, isoUtc } from '../sql.js';
import { column, type View } from './view.js';

const at = absoluteNs('s.syn_rel');

export const clockSamples: View = {
  name: 'clock_samples',
  about:
    'SYNs of source addresses whose timestamps are not those of one clock, each with the clock that it lies on: the points behind nat_sources, of 8,191 SYNs at most, sources with several hosts first.',
  columns: [
    column('source_ip', 'sa.ip', 'The address that sent the SYN.'),
    column('destination_ip', 'da.ip', 'The address that it went to, of several the one with most SYNs.'),
    column('at_ns', at, 'Time of the SYN, nanoseconds since 1970 UTC.'),
    column('tsval', 's.tsval', 'Its timestamp (TSval).'),
    column('clock', 'NULLIF(s.clock, 0)', 'The clock that it lies on, counted from 1; NULL where it lies on none.'),
    column('seen', isoUtc(at), 'Time of the SYN, ISO 8601 UTC.'),
  ],
  from: `FROM clock_sample_row AS s
JOIN address AS sa ON sa.id = s.source_address
JOIN address AS da ON da.id = s.destination_address`,
};
