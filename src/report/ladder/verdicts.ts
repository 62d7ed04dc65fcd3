/** The verdicts on one connection in words, each with what it rests on: what stands under a ladder. */
import { EVICTED_NOTE, type ConnectionFacts } from '../../store/connection-facts.js';
import { isInNameOnly } from '../../store/in-name-only.js';
import { spokenSeconds } from '../plain.js';
import { isOfFrame, isOfPawsRow, isToldAsRow } from './told-as-rows.js';

export interface LadderVerdict {
  /** Two or three words: `closed first`, `reset`, `TIME_WAIT`. */
  readonly about: string;
  readonly text: string;
  readonly confidence: string | null;
  /** Of findings. */
  readonly severity: string | null;
  /** The detector that judged, for `tcpclose explain`; null where it is only what was seen. */
  readonly detector: string | null;
  /** The numbers that it rests on, by their names. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** RFC sections and kernel behaviour; null where the text names its rule. */
  readonly source: string | null;
}

/** @param rules what each detector's verdicts rest on, by its name: `references` of DETECTORS */
export function ladderVerdicts(
  facts: ConnectionFacts,
  rules: Readonly<Record<string, readonly string[]>> = {},
): LadderVerdict[] {
  const source = (detector: string): string | null => rules[detector]?.join('; ') ?? null;
  return [
    ...closedFirst(facts, source('first-closer')),
    ...reset(facts, source('rst-termination')),
    ...timeWait(facts),
    ...timeWaitSyns(facts),
    ...paws(facts),
    ...otherFindings(facts),
  ];
}

function closedFirst({ connection: c }: ConnectionFacts, source: string | null): LadderVerdict[] {
  const rule = {
    about: 'closed first',
    severity: null,
    detector: 'first-closer',
    source,
  };
  const isEvicted = c.closeNote === EVICTED_NOTE;
  const why =
    c.closeNote === null
      ? ''
      : isEvicted
        ? ' It left memory before it ended (--max-memory).'
        : ` Not surer, because ${c.closeNote}.`;
  if (c.closedFirst === null) {
    const none = (isEvicted ? NOBODY_YET[c.close] : NOBODY[c.close]) ?? 'Cannot be told: nothing shows it.';
    return [{ ...rule, text: `${none}${why}`, confidence: null, evidence: {}, source: null }];
  }
  const evidence = {
    ...(c.clientFinFrame === null ? {} : { client_fin_frame: c.clientFinFrame }),
    ...(c.serverFinFrame === null ? {} : { server_fin_frame: c.serverFinFrame }),
    ...(c.clientFinFrame === null && c.serverFinFrame === null ? { reset_frame: c.resetFrame } : {}),
    ...(c.idleBeforeEndS === null ? {} : { idle_before_end_s: c.idleBeforeEndS }),
    ...(c.closeWaitS === null ? {} : { close_wait_s: c.closeWaitS }),
  };
  return [{ ...rule, text: whoClosed(c) + why, confidence: c.closedFirstConfidence, evidence }];
}

function whoClosed(c: ConnectionFacts['connection']): string {
  if (c.closedFirst === 'both') return 'Both at once: neither FIN acknowledges the other.';
  const [mine, theirs] =
    c.closedFirst === 'client' ? [c.clientFinFrame, c.serverFinFrame] : [c.serverFinFrame, c.clientFinFrame];
  const who = `The ${c.closedFirst}`;
  const other = c.closedFirst === 'client' ? 'server' : 'client';
  if (mine !== null && theirs !== null)
    return `${who}: by their ACK fields, its FIN (frame ${mine}) came before that of the ${other} (frame ${theirs}).`;
  if (mine !== null) return `${who}: its FIN (frame ${mine}) is the only one that was seen.`;
  if (theirs !== null && c.resetBy === c.closedFirst)
    return `${who}: its reset (frame ${c.resetFrame ?? '?'}) does not acknowledge the FIN of the ${other} (frame ${theirs}): they crossed.`;
  if (theirs !== null)
    return `${who}: its own FIN was not captured, but that of the ${other} (frame ${theirs}) tells of it.`;
  const frame = c.resetFrame ?? '?';
  if (isInNameOnly(c.resetCause, c.resetOrigin))
    return `${who}, in name only: a reset in its name (frame ${frame}) ended the connection, though it seems not to come from there, and no FIN came before.`;
  if (c.resetBy !== c.closedFirst)
    return `${who}: its own FIN was not captured, but the reset of the ${other} (frame ${frame}) tells of it.`;
  return `${who}: its reset (frame ${frame}) ended the connection, and no FIN came before.`;
}

const NOBODY: Readonly<Record<string, string>> = {
  refused: 'Nobody: the SYN was refused, so there was no connection to close.',
  unanswered: 'Nobody: no SYN was taken up while the capture lasted.',
  open: 'Nobody: it was open when the capture ended.',
  replaced: 'Cannot be told: no close was seen, but a later connection was accepted on the same addresses and ports.',
};

/** The same of a connection that was not followed to its end. */
const NOBODY_YET: Readonly<Record<string, string>> = {
  unanswered: 'Nobody: the SYN had not been taken up.',
  open: 'Nobody so far.',
};

function reset({ connection: c, findings }: ConnectionFacts, source: string | null): LadderVerdict[] {
  if (c.resetCause === null) return [];
  const finding = findings.find(
    (f) => f.detector === 'rst-termination' && isOfFrame(f, c.resetCaptureId, c.resetFrame),
  );
  const who = isInNameOnly(c.resetCause, c.resetOrigin)
    ? `In the name of the ${c.resetBy ?? 'sender'} came`
    : `The ${c.resetBy ?? 'sender'} sent`;
  const obey =
    c.resetAcceptable === 1
      ? ' Its receiver had to obey it.'
      : c.resetAcceptable === 0
        ? ' Its receiver did not have to obey it (RFC 5961 §3.2).'
        : '';
  return [
    {
      about: 'reset',
      text: `${c.resetCause}. ${finding?.summary ?? `${who} a reset (frame ${c.resetFrame ?? '?'}).`}${obey}`,
      confidence: c.resetConfidence,
      severity: finding?.severity ?? null,
      detector: 'rst-termination',
      evidence: finding?.evidence ?? {
        frame: c.resetFrame,
        cause: c.resetCause,
        code: c.resetCode,
        origin: c.resetOrigin,
      },
      source: finding?.source ?? source,
    },
  ];
}

/** Who holds TIME_WAIT, and until when. */
function timeWait({ connection: c, timeWaitS }: ConnectionFacts): LadderVerdict[] {
  if (c.timeWaitAt === null || c.timeWaitNs === null) return [];
  const who = c.timeWaitAt === 'both' ? 'Both ends hold it' : `The ${c.timeWaitAt} holds it`;
  const began = spokenSeconds(Number(c.timeWaitNs - c.firstNs) / 1e9);
  const isHit = c.resetCause === 'time-wait' && c.resetAcceptable === 1 && c.resetBy !== c.timeWaitAt;
  const sooner = isHit ? ` The reset in frame ${c.resetFrame} ends it there, unless tcp_rfc1337 is set (Linux).` : '';
  return [
    {
      about: 'TIME_WAIT',
      text: `${who} from ${began} after the first packet on; it is taken to last ${spokenSeconds(timeWaitS)}.${sooner}`,
      confidence: null,
      severity: null,
      detector: null,
      evidence: {},
      source: 'RFC 9293 §3.6',
    },
  ];
}

function timeWaitSyns({ connection, timeWaitSyns: rows, findings }: ConnectionFacts): LadderVerdict[] {
  return rows.map((syn) => {
    const own = syn.connectionId === connection.id;
    const finding = findings.find((f) => f.detector === 'time-wait-syn' && isOfFrame(f, syn.captureId, syn.frame));
    const stacks = {
      linux: syn.linux,
      freebsd: syn.freebsd,
      openbsd: syn.openbsd,
      macos: syn.macos,
      gvisor: syn.gvisor,
      windows: syn.windows,
    };
    const other = own ? syn.previousConnectionId : syn.connectionId;
    const where = own
      ? `its SYN met that of connection ${other ?? '?'}`
      : `the SYN of connection ${other ?? '?'} met its own`;
    return {
      about: 'SYN on TIME_WAIT',
      text: `${syn.outcome}: ${where} (frame ${syn.frame}). ${own ? syn.explanation : `See connection ${other ?? '?'}.`}`,
      confidence: syn.confidence,
      severity: finding?.severity ?? null,
      detector: 'time-wait-syn',
      evidence: own ? known(stacks) : {},
      source: finding?.source ?? null,
    };
  });
}

function paws({ paws: rows, findings }: ConnectionFacts): LadderVerdict[] {
  return rows.map((row) => {
    const finding = findings.find((f) => isOfPawsRow(f, row));
    return {
      about: 'PAWS',
      text: `${row.outcome} (${row.frame === null ? 'not in the capture' : `frame ${row.frame}`}). ${row.explanation}`,
      confidence: row.confidence,
      severity: finding?.severity ?? null,
      detector: 'paws-rejection',
      evidence: known({
        tsval: row.tsval,
        ts_recent: row.tsRecent,
        ts_delta: row.tsDelta,
        echo_frame: row.echoFrame,
        impact: row.impact,
      }),
      source: finding?.source ?? null,
    };
  });
}

/** Findings that no row above has told already. */
function otherFindings(facts: ConnectionFacts): LadderVerdict[] {
  return facts.findings
    .filter((finding) => !isToldAsRow(finding, facts))
    .map((finding) => ({
      about: finding.kind,
      text: finding.summary,
      confidence: finding.confidence,
      severity: finding.severity,
      detector: finding.detector,
      evidence: finding.evidence,
      source: finding.source,
    }));
}

function known(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}
