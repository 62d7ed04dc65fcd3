/** What was found at all, and what of the capture could be used. */
import { narrowed, type QueryParameter, type SavedQuery } from './saved-query.js';

const SEVERITY: QueryParameter = {
  name: 'severity',
  about: 'only info, notice, warning or critical',
  type: 'text',
  default: null,
};
const KIND: QueryParameter = { name: 'kind', about: 'only this kind of finding', type: 'text', default: null };
const ID: QueryParameter = { name: 'id', about: 'number of the connection', type: 'integer' };

export const OVERVIEW_QUERIES: readonly SavedQuery[] = [
  {
    name: 'findings',
    about: 'What a person should look at, the gravest first',
    parameters: [SEVERITY, KIND],
    sql: `SELECT severity, detector, kind, connection_id, frame, confidence, summary FROM findings
WHERE ${narrowed('severity', SEVERITY)} AND ${narrowed('kind', KIND)}
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END, id`,
  },
  {
    name: 'evidence',
    about: 'Every finding about one connection, with the values and the rule it rests on',
    parameters: [ID],
    sql: `SELECT id, kind, confidence, frame, summary, evidence, source FROM findings WHERE connection_id = :id ORDER BY id`,
  },
  {
    name: 'roles',
    about: 'How it is known who is the client, and in how many connections',
    sql: `SELECT roles, handshake, count(*) AS connections, min(id) AS example_id FROM connections GROUP BY 1, 2 ORDER BY connections DESC`,
  },
  {
    name: 'captures',
    about: 'What was read, and what could not be',
    sql: 'SELECT id, path, format, packets, tcp_packets, undecoded_packets, drops_reported, vantage, damage FROM captures ORDER BY id',
  },
  {
    name: 'zeek',
    about: "The connections as Zeek's conn.log would have them",
    sql: 'SELECT * FROM zeek_conn ORDER BY ts, uid',
  },
  {
    name: 'state-names',
    about: 'How the connections ended, in the words of Zeek, Suricata and argus beside ours',
    sql: `SELECT close, client_state, server_state, zeek_conn_state, suricata_tcp_state, argus_state, count(*) AS connections, min(connection_id) AS example_id
FROM state_names GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY connections DESC, example_id`,
  },
  {
    name: 'undecoded',
    about: 'Why packets were not TCP segments',
    sql: 'SELECT reason, sum(packets) AS packets, meaning FROM undecoded GROUP BY reason, meaning ORDER BY packets DESC',
  },
];
