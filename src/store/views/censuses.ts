import { STATES } from '../../flow/vocabulary.js';
import { absoluteNs, isoUtc, word } from '../sql.js';
import { column, type View } from './view.js';

const at = absoluteNs('s.at_rel');
const time = [
  column('at_ns', at, 'Time of the sample, nanoseconds since 1970 UTC.'),
  column('ip', 'a.ip', 'The address that holds the sockets.'),
];

export const timeWaitCensus: View = {
  name: 'time_wait_census',
  about: 'TIME_WAIT sockets that each address holds over time, at evenly spaced moments.',
  columns: [
    ...time,
    column('time_wait', 's.time_wait', 'Sockets in TIME_WAIT.'),
    column('seen', isoUtc(at), 'Time of the sample, ISO 8601 UTC.'),
  ],
  from: 'FROM time_wait_census_row AS s JOIN address AS a ON a.id = s.address',
};

export const stateCensus: View = {
  name: 'state_census',
  about: 'Connections of each address by TCP state over time: what `netstat -n` on that host would have counted.',
  columns: [
    ...time,
    column('state', word('s.state', STATES), 'RFC 9293 state.'),
    column('connections', 's.connections', 'Connections in that state.'),
    column('seen', isoUtc(at), 'Time of the sample, ISO 8601 UTC.'),
  ],
  from: 'FROM state_census_row AS s JOIN address AS a ON a.id = s.address',
};
