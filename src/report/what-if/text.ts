/** `tcpclose what-if` for a person at a terminal: a sentence, a table of what was seen against what would be, and notes. */
import type { ChangedSyn, FateCounts } from '../../store/what-if/syns.js';
import type { Style } from '../color.js';
import { counted, endpoint, grouped, printable, shellWord, spokenSeconds, wrapped } from '../plain.js';
import { AS_RECORDED, met, rulesInWords, type WhatIf } from './what-if.js';

/** Lines of each kind of peak, and changes told. */
const PEAKS = 3;
const CHANGES = 3;
const FIGURE = 12;

const LABELS: readonly (readonly [keyof FateCounts, string])[] = [
  ['accepted', 'accepted at once'],
  ['late', 'accepted later, after a reset or a repetition'],
  ['challenged', 'challenged with an ACK of the old connection'],
  ['dropped', 'dropped in silence'],
  ['reset', 'reset'],
  ['unanswered', 'no answer captured'],
  ['cut', 'cannot be told: timestamps cut off'],
  ['untraced', 'cannot be told: rule or TS.Recent not known'],
];

/** What became of a SYN, in a sentence. */
const SPOKEN: Readonly<Record<keyof FateCounts, string>> = {
  free: 'free of TIME_WAIT',
  accepted: 'accepted at once',
  late: 'accepted later',
  challenged: 'challenged',
  dropped: 'dropped',
  recycled: 'dropped by tcp_tw_recycle',
  reset: 'reset',
  unanswered: 'without an answer that was captured',
  cut: 'unknown',
  untraced: 'unknown',
};

export function whatIfText(what: WhatIf, width: number, style: Style): string {
  const lines = [...wrapped(what.summary, width), ''];
  const row = (label: string, seen: string, then: string): string => {
    const room = Math.max(24, width - 2 * FIGURE);
    const name = printable(label);
    // A name that is too long has a line of its own: no figure is pushed out of its column.
    const cells = `${seen.padStart(FIGURE)}${then.padStart(FIGURE)}`;
    return name.length > room ? `${name}\n${' '.repeat(room)}${cells}` : name.padEnd(room) + cells;
  };
  lines.push(style.bold(row('', 'recorded', 'what if')));
  lines.push(row('SYNs on TIME_WAIT', grouped(met(what.syns.seen)), grouped(met(what.syns.then))));
  for (const [fate, label] of LABELS) {
    const { [fate]: seen } = what.syns.seen;
    const { [fate]: then } = what.syns.then;
    if (seen + then > 0) lines.push(row(`  ${label}`, grouped(seen), grouped(then)));
  }
  if (what.syns.then.recycled > 0)
    lines.push(row('SYNs that tcp_tw_recycle drops', '0', grouped(what.syns.then.recycled)));
  lines.push('TIME_WAIT sockets, most at a time');
  for (const peak of what.timeWaitPeaks.slice(0, PEAKS))
    lines.push(row(`  ${peak.ip}`, grouped(peak.recorded), grouped(peak.then)));
  if (what.timeWaitPeaks.length === 0) lines.push('  none');
  lines.push('Ports of a client busy towards a service, most at a time');
  for (const peak of what.portPressure.slice(0, PEAKS))
    lines.push(
      row(
        `  ${peak.clientIp} > ${endpoint(peak.serverIp, peak.serverPort)}`,
        grouped(peak.recorded),
        grouped(peak.then),
      ),
    );
  if (what.portPressure.length === 0) lines.push('  none');
  if (isAsRecorded(what)) lines.push('', ...stackLines(what));
  const changes = what.syns.changes.slice(0, CHANGES);
  if (changes.length > 0) lines.push('', style.bold(changeTitle(what)));
  for (const change of changes) lines.push(...wrapped(changeText(change), width - 2).map((line) => `  ${line}`));
  if (changes[0] !== undefined) lines.push(`  tcpclose show ${shellWord(what.database)} ${changes[0].connectionId}`);
  if (what.notes.length > 0) lines.push('');
  for (const note of what.notes)
    lines.push(...wrapped(note, width - 2).map((line, i) => `${i === 0 ? '- ' : '  '}${line}`));
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Nothing else was asked for than what was recorded. */
const isAsRecorded = ({ rules, recorded, syns }: WhatIf): boolean =>
  rulesInWords(rules, recorded.timeWaitS) === AS_RECORDED && met(syns.seen) > 0;

/** What each stack would do: what there is to ask. */
function stackLines({ syns }: WhatIf): string[] {
  const columns = ['accept', 'challenge', 'drop', 'unknown'].map((name) => name.padStart(FIGURE)).join('');
  const rows = Object.entries(syns.stacks).map(([name, fates]) => {
    const counts = [fates.accepted, fates.challenged, fates.dropped, fates.cut + fates.untraced];
    return `  ${name.padEnd(10)}${counts.map((count) => grouped(count).padStart(FIGURE)).join('')}`;
  });
  return [`${'--stack'.padEnd(12)}${columns}`, ...rows];
}

function changeTitle({ syns }: WhatIf): string {
  const told = Math.min(CHANGES, syns.changes.length);
  return syns.changed > told
    ? `${counted(syns.changed, 'SYN')} would fare otherwise, among them`
    : `${counted(syns.changed, 'SYN')} would fare otherwise`;
}

function changeText({ connectionId, frame, path, seen, then, ageS, isnDelta, tsDelta }: ChangedSyn): string {
  const against = (delta: number, size: string, more: string, less: string): string =>
    delta === 0 ? 'equal to the old one' : `${size} ${delta > 0 ? more : less} the old one`;
  const size = Math.abs(isnDelta ?? 0);
  const ticks = counted(Math.abs(tsDelta ?? 0), 'tick');
  const numbers = [
    ...(ageS === null ? [] : [`${spokenSeconds(ageS)} after TIME_WAIT began`]),
    ...(isnDelta === null ? [] : [`ISN ${against(isnDelta, grouped(size), 'above', 'below')}`]),
    ...(tsDelta === null ? [] : [`timestamp ${against(tsDelta, ticks, 'later than', 'earlier than')}`]),
  ];
  const where = `frame ${frame}${path === null ? '' : ` of ${printable(path)}`}`;
  const why = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  return `connection ${connectionId}, ${where}: ${SPOKEN[seen]}; would be ${SPOKEN[then]}${why}`;
}
