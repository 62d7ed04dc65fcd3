import { STATES } from '../../flow/vocabulary.js';
import { absoluteNs, isoUtc, word } from '../sql.js';
import { column, type View } from './view.js';

const at = absoluteNs('(r.from_rel + r.step_span * s.id)');
const time = [
  column('at_ns', at, 'Time of the sample, nanoseconds since 1970 UTC.'),
  column('ip', 'a.ip', 'The address that holds the sockets.'),
];

/** A row stands for samples that follow each other: here each has its own. */
const spread = 'CROSS JOIN census_sample AS s ON s.id < r.samples JOIN address AS a ON a.id = r.address';

export const timeWaitCensus: View = {
  name: 'time_wait_census',
  about: 'TIME_WAIT sockets that each address holds over time, at evenly spaced moments.',
  columns: [
    ...time,
    column('time_wait', 'r.time_wait', 'Sockets in TIME_WAIT.'),
    column('seen', isoUtc(at), 'Time of the sample, ISO 8601 UTC.'),
  ],
  from: `FROM time_wait_census_row AS r ${spread}`,
};

export const stateCensus: View = {
  name: 'state_census',
  about: 'Connections of each address by TCP state over time: what `netstat -n` on that host would have counted.',
  columns: [
    ...time,
    column('state', word('r.state', STATES), 'RFC 9293 state.'),
    column('connections', 'r.connections', 'Connections in that state.'),
    column('seen', isoUtc(at), 'Time of the sample, ISO 8601 UTC.'),
  ],
  from: `FROM state_census_row AS r ${spread}`,
};
