import { CONFIDENCES, NAT_VERDICTS } from '../../flow/vocabulary.js';
import { counted, known, spokenCount, word } from '../sql.js';
import { column, type View } from './view.js';

const is = (name: (typeof NAT_VERDICTS)[number]): string => `n.verdict = ${NAT_VERDICTS.indexOf(name)}`;
const counts =
  `${counted('n.syns', 'opening SYN')} || ' with timestamps came from ' || sa.ip || CASE WHEN da.ip IS NULL THEN '' ELSE ' to ' || da.ip END ||` +
  ` CASE n.regressions WHEN 0 THEN ', none with a timestamp behind the one before. ' ELSE ', ' || ${spokenCount('n.regressions')} || ' of them with a timestamp behind the one before. ' END`;
const clocks =
  `CASE WHEN ${is('single-clock')} THEN 'All timestamps lie on one clock' || CASE WHEN ${known('n.clock_hz')} IS NULL THEN '' ELSE ' of ' || ${spokenCount('n.clock_hz')} || ' Hz' END || ': one host, or several that share a clock. '` +
  ` WHEN ${is('several-hosts')} THEN 'The timestamps lie on ' || ${spokenCount('n.lines')} || ' clocks that can be told apart' || CASE n.confidence WHEN ${CONFIDENCES.indexOf('weak')} THEN ', one after the other: as many hosts, or one that was started again. ' ELSE ': about ' || ${spokenCount('n.estimated_hosts')} || ' hosts behind one address. ' END` +
  ` WHEN ${is('random-offsets')} THEN 'Each connection has an offset of its own (RFC 7323 §7 recommends it), so the hosts behind the address cannot be counted. '` +
  // Offsets drawn for each connection look so, too, and are told only where as many ports have one each.
  ` WHEN n.loners >= 8 THEN 'That is too little to tell clocks apart: ' || ${counted('n.loners', 'connection')} || ' lie on no common line, and come from too few ports to tell offsets of each connection from hosts. '` +
  ` ELSE 'That is too little to tell clocks apart. ' END`;
const recycle = `CASE n.tw_recycle_drops WHEN 0 THEN 'A server with tcp_tw_recycle would have dropped none of them (Linux before 4.12).' ELSE 'A server with tcp_tw_recycle would have dropped ' || ${spokenCount('n.tw_recycle_drops')} || ' of them in silence (Linux before 4.12).' END`;

export const natSources: View = {
  name: 'nat_sources',
  about: 'Each source address that opened connections with timestamps: how many clocks, and so hosts, are behind it.',
  columns: [
    column('source_ip', 'sa.ip', 'The address that sent the SYNs.'),
    column('destination_ip', 'da.ip', 'The address that they went to; NULL stands for all.'),
    column('syns', 'n.syns', 'First copies of SYNs with the timestamp option.'),
    column('regressions', 'n.regressions', 'SYNs whose timestamp is behind that of the SYN before.'),
    column(
      'estimated_hosts',
      known('n.estimated_hosts'),
      'Clocks that can be told apart; NULL where nobody can count.',
    ),
    column('clock_hz', known('n.clock_hz'), 'Ticks a second of the clock; NULL where the clocks differ.'),
    column('verdict', word('n.verdict', NAT_VERDICTS), 'single-clock, several-hosts, random-offsets or too-few.'),
    column('confidence', word('n.confidence', CONFIDENCES), 'How sure the verdict is.'),
    column(
      'tw_recycle_drops',
      'n.tw_recycle_drops',
      'SYNs that Linux before 4.12 with tcp_tw_recycle=1 would have dropped.',
    ),
    column('explanation', `${counts} || ${clocks} || ${recycle}`, 'The row in plain sentences.'),
    column('clock_lines', known('n.lines'), 'Clock lines with at least two connections.'),
    column('loners', known('n.loners'), 'Connections that lie on no line.'),
  ],
  from: `FROM nat_source_row AS n
JOIN address AS sa ON sa.id = n.source_address
LEFT JOIN address AS da ON da.id = n.destination_address`,
};
