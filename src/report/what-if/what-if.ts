/** What `tcpclose what-if` says, in whatever format: what was seen, what other rules would make of it, and what nobody knows. */
import { counted, grouped } from '../plain.js';
import type { WhatIfFacts } from '../../store/what-if/what-if.js';
import type { FateCounts } from '../../store/what-if/syns.js';

/** The rules as they were asked for. */
export interface AskedRules {
  readonly timeWaitS: number;
  /** Null: what was seen stays. */
  readonly stack: string | null;
  readonly stackTitle: string | null;
  /** How long that stack keeps TIME_WAIT by default, s. */
  readonly stackTimeWaitS: number | null;
  /** The user named the stack. */
  readonly stackGiven: boolean;
  readonly twRecycle: boolean;
  readonly twReuse: boolean;
  readonly noTimestamps: boolean;
}

export interface WhatIf {
  readonly database: string;
  readonly recorded: { readonly timeWaitS: number };
  readonly rules: AskedRules;
  readonly summary: string;
  readonly syns: WhatIfFacts['syns'];
  readonly timeWaitPeaks: WhatIfFacts['timeWaitPeaks'];
  readonly portPressure: WhatIfFacts['portPressure'];
  /** What the figures rest on, and what the database cannot know. */
  readonly notes: readonly string[];
}

/** Seconds after a close for which the numbers of a four-tuple are kept in any case. */
const KEPT_S = 240;

export function describeWhatIf(database: string, facts: WhatIfFacts, rules: AskedRules): WhatIf {
  const recorded = { timeWaitS: facts.recordedNs / 1e9 };
  const { syns, timeWaitPeaks, portPressure } = facts;
  return {
    database,
    recorded,
    rules,
    summary: summaryOf(facts, rules),
    syns,
    timeWaitPeaks,
    portPressure,
    notes: [...rulesNotes(facts, rules), ...unknownNotes(facts, rules)],
  };
}

export const met = (counts: FateCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.free - counts.recycled;
const refusedOf = (counts: FateCounts): number =>
  counts.late + counts.challenged + counts.reset + counts.dropped + counts.recycled;

export const AS_RECORDED = 'the rules as recorded';

/** `--stack freebsd --time-wait 30s` in words. */
export function rulesInWords(rules: AskedRules, recordedS: number): string {
  const parts = [
    ...(rules.stackGiven && rules.stackTitle !== null ? [`the rules of ${rules.stackTitle}`] : []),
    ...(rules.timeWaitS === recordedS ? [] : [`TIME_WAIT of ${rules.timeWaitS} s`]),
    ...(rules.twRecycle ? ['tcp_tw_recycle'] : []),
    ...(rules.twReuse ? ['tcp_tw_reuse'] : []),
    ...(rules.noTimestamps ? ['no timestamps'] : []),
  ];
  const last = parts.pop();
  if (last === undefined) return AS_RECORDED;
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

function summaryOf({ syns, recordedNs, oneSided }: WhatIfFacts, rules: AskedRules): string {
  const words = rulesInWords(rules, recordedNs / 1e9);
  const before = met(syns.seen);
  const after = met(syns.then);
  if (before + after + syns.then.recycled === 0)
    return oneSided > 0
      ? `No SYN is seen to have met TIME_WAIT, nor would one be with ${words}: there is nothing to judge.`
      : `No SYN met TIME_WAIT at the end it went to, and with ${words} none would: there is nothing to judge.`;
  const seen =
    before === 0
      ? 'No SYN met TIME_WAIT at the end it went to'
      : `Of ${counted(before, 'SYN')} on TIME_WAIT ${wasOrWere(refusedOf(syns.seen))} refused or delayed`;
  if (syns.changed === 0) return `${seen}; with ${words} nothing would change.`;
  if (after + syns.then.recycled === 0) return `${seen}; with ${words} none would meet it.`;
  const cannot = syns.then.cut + syns.then.untraced;
  const more = [
    ...(syns.then.recycled === 0 ? [] : [`${grouped(syns.then.recycled)} of them by tcp_tw_recycle`]),
    ...(cannot === 0 ? [] : [`of ${grouped(cannot)} nobody can tell`]),
  ];
  const meets = after === before ? '' : ` (${grouped(after)} would meet it)`;
  return `${seen}; with ${words} ${[`${grouped(refusedOf(syns.then))} would be${before === 0 ? ' refused' : ''}${meets}`, ...more].join(', ')}.`;
}

const wasOrWere = (count: number): string => `${grouped(count)} ${count === 1 ? 'was' : 'were'}`;

/** How the rules were applied. */
function rulesNotes(facts: WhatIfFacts, rules: AskedRules): string[] {
  const { syns, held, recordedNs, pawsFailures } = facts;
  const notes: string[] = [];
  const recordedS = recordedNs / 1e9;
  if (rules.stack !== null && !rules.stackGiven)
    notes.push('SYNs are judged as Linux would, for no --stack was given.');
  if (rules.stack === null && rules.timeWaitS > recordedS && syns.seen.free > 0)
    notes.push(
      `SYNs that met no TIME_WAIT as it was recorded (${recordedS} s) are judged as Linux would, for no --stack was given; the others keep what was seen.`,
    );
  if (rules.stackGiven && rules.stackTimeWaitS !== null && rules.stackTimeWaitS !== rules.timeWaitS)
    notes.push(
      `${rules.stackTitle} keeps TIME_WAIT ${rules.stackTimeWaitS} s unless told otherwise; here it lasts ${rules.timeWaitS} s: add --time-wait ${rules.stackTimeWaitS}s.`,
    );
  if ((rules.twRecycle || rules.twReuse) && rules.noTimestamps)
    notes.push(
      `${[...(rules.twRecycle ? ['tcp_tw_recycle'] : []), ...(rules.twReuse ? ['tcp_tw_reuse'] : [])].join(' and ')} without timestamps does nothing.`,
    );
  else {
    if (rules.twRecycle)
      notes.push(
        'tcp_tw_recycle (Linux before 4.12) ends TIME_WAIT of connections with timestamps after 3.5 retransmission timeouts, taken as 1 s here, and drops SYNs that are behind the latest timestamp remembered of their address.',
      );
    if (rules.twReuse)
      notes.push(
        `tcp_tw_reuse gives a client its port back 1 s after TIME_WAIT began, where the connection had timestamps: ${grouped(held.byClientsStamped)} of ${counted(held.byClients, 'TIME_WAIT', 'TIME_WAITs')} at clients. At servers (${grouped(held.byServers)}) it changes nothing, and the sockets stay until their port is taken.`,
      );
  }
  if (syns.then.challenged > 0)
    notes.push(
      'A challenged client answers with a reset: Linux then gives TIME_WAIT up and takes the next copy of the SYN, unless tcp_rfc1337 is set; macOS does not.',
    );
  if (rules.noTimestamps && pawsFailures > 0)
    notes.push(`${counted(pawsFailures, 'segment')} failed PAWS; without timestamps none is tested.`);
  if (syns.ownPort > 0)
    notes.push(
      `${counted(syns.ownPort, 'SYN')} came from a port that their own sender held in TIME_WAIT: the receiver's rule does not matter to them${rules.noTimestamps ? '; without timestamps Linux would not have sent them from there' : ''}.`,
    );
  return notes;
}

/** What the database cannot know. */
function unknownNotes({ syns, recordedNs, captureS, connections, oneSided }: WhatIfFacts, rules: AskedRules): string[] {
  const notes: string[] = [];
  const kept = Math.max(KEPT_S, recordedNs / 1e9);
  if (oneSided > 0)
    notes.push(
      `Of ${grouped(oneSided)} of ${counted(connections, 'connection')} one direction only was captured: whether and where TIME_WAIT began cannot be seen there, and nothing here counts it.`,
    );
  if (syns.then.cut > 0)
    notes.push(
      `Of ${counted(syns.then.cut, 'SYN')} nobody can tell, for the snap length may have cut timestamps off, and ${rules.stackTitle ?? 'Linux'} looks at them.`,
    );
  if (syns.then.untraced > 0)
    notes.push(
      `Of ${counted(syns.then.untraced, 'SYN')} nobody can tell, for what ${rules.stackTitle ?? 'the stack'} does where its TIME_WAIT rule does not accept is not known here, or which timestamp the holder of TIME_WAIT remembered.`,
    );
  if (rules.timeWaitS > kept)
    notes.push(
      `Unknown: SYNs more than ${kept} s after a close; their four-tuple was forgotten by then. Analyze again with --time-wait ${rules.timeWaitS}s.`,
    );
  const shortest = rules.twRecycle && !rules.noTimestamps ? Math.min(1, rules.timeWaitS) : rules.timeWaitS;
  if (captureS !== null && captureS < shortest)
    notes.push(
      `The capture lasts ${captureS.toFixed(1)} s, less than TIME_WAIT: the peaks would have gone on growing after it, and TIME_WAIT from before it is not counted.`,
    );
  if (syns.changed > 0)
    notes.push(
      'Each first copy of a SYN is judged alone, against the connections that were recorded: what a client would have done after another answer is unknown.',
    );
  return notes;
}

/** The same as JSON. */
export function whatIfJson(what: WhatIf): string {
  return `${JSON.stringify(what, null, 2)}\n`;
}
