import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { CLOSES, SIDES } from '../../flow/vocabulary.js';
import { packedInNameOnly } from '../in-name-only.js';
import { bits, serverPort } from '../sql.js';
import { column, type View } from './view.js';

const close = bits('c.outcome', OUTCOME_BITS.close);
const first = bits('c.outcome', OUTCOME_BITS.closed_first);
const sumWhere = (condition: string): string => `SUM(${condition})`;
const closeIs = (...names: (typeof CLOSES)[number][]): string =>
  `${close} IN (${names.map((n) => CLOSES.indexOf(n)).join(', ')})`;

export const closers: View = {
  name: 'closers',
  about:
    'For each server address and port: how many connections the client closed first, the server, both or neither, and how many ended by reset.',
  columns: [
    column('server_ip', 'a.ip', 'Address of the server.'),
    column('server_port', 'g.server_port', 'Port of the server.'),
    column('connections', 'g.connections', 'All connections to it, attempts included.'),
    column('client_first', 'g.client_first', 'Connections that the client closed first.'),
    column('server_first', 'g.server_first', 'Connections that the server closed first.'),
    column('both_first', 'g.both_first', 'Connections that both closed at once.'),
    column('neither', 'g.neither', 'Connections that nobody closed, or of which it cannot be told.'),
    column('by_reset', 'g.by_reset', 'Connections that a reset ended, refused ones left out.'),
    column('refused', 'g.refused', 'Attempts that were refused.'),
    column('unanswered', 'g.unanswered', 'Attempts that nobody took up.'),
    column('open', 'g.open', 'Connections still open when the capture ended.'),
    column(
      'client_in_name',
      'g.client_in_name',
      "Of client_first: a reset in the client's name was what closed, and seems not to come from there.",
    ),
    column('server_in_name', 'g.server_in_name', 'Of server_first, likewise.'),
  ],
  from: `FROM (
  SELECT c.server_address, ${serverPort('c.ports')} AS server_port, count(*) AS connections,
    ${sumWhere(`${first} = ${SIDES.indexOf('client')}`)} AS client_first,
    ${sumWhere(`${first} = ${SIDES.indexOf('server')}`)} AS server_first,
    ${sumWhere(`${first} = ${SIDES.indexOf('both')}`)} AS both_first,
    ${sumWhere(`${first} = 0`)} AS neither,
    ${sumWhere(closeIs('rst', 'fin-then-rst'))} AS by_reset,
    ${sumWhere(closeIs('refused'))} AS refused,
    ${sumWhere(closeIs('unanswered'))} AS unanswered,
    ${sumWhere(closeIs('open'))} AS open,
    ${sumWhere(`${closeIs('rst')} AND ${first} = ${SIDES.indexOf('client')} AND ${packedInNameOnly('c.reset')}`)} AS client_in_name,
    ${sumWhere(`${closeIs('rst')} AND ${first} = ${SIDES.indexOf('server')} AND ${packedInNameOnly('c.reset')}`)} AS server_in_name
  FROM connection_row AS c
  GROUP BY c.server_address, server_port
) AS g JOIN address AS a ON a.id = g.server_address`,
};
