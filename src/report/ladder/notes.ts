/** What the database has to say of single frames: the words that stand beside arrows. */
import type { ConnectionFacts, TimeWaitSynFacts } from '../../store/connection-facts.js';
import { isInNameOnly } from '../../store/in-name-only.js';
import { counted, spokenSeconds } from '../plain.js';
import { isToldAsRow } from './told-as-rows.js';

const key = (captureId: number, frame: number): number => captureId * 2 ** 32 + frame;

/** Notes by frame. */
export class FrameNotes {
  readonly #notes = new Map<number, string[]>();

  constructor(facts: ConnectionFacts) {
    this.#ofClose(facts);
    for (const syn of facts.timeWaitSyns) {
      const own = syn.connectionId === facts.connection.id;
      const whose = own ? `TIME_WAIT of connection ${syn.previousConnectionId ?? '?'}` : 'this TIME_WAIT';
      this.#add(syn.captureId, syn.frame, `met ${whose} after ${spokenSeconds(syn.elapsedS)}: ${syn.outcome}`);
      const answer = isShownLater(syn) ? 'shows that the SYN was accepted' : ANSWERS[syn.outcome];
      this.#add(syn.answerCaptureId, syn.answerFrame, answer);
    }
    for (const row of facts.paws) {
      this.#add(row.captureId, row.frame, `PAWS: ${counted(-row.tsDelta, 'tick')} too old, ${row.outcome}`);
      const segment = row.frame === null ? 'a copy that is not in the capture' : `frame ${row.frame}`;
      const shows = row.outcome === 'accepted' ? `shows that ${segment} was taken` : `answers ${segment}`;
      this.#add(row.evidenceCaptureId, row.evidenceFrame, shows);
    }
    for (const finding of facts.findings) {
      if (!isToldAsRow(finding, facts))
        this.#add(finding.captureId, finding.frame, `${finding.severity}: ${finding.kind}`);
    }
  }

  of(captureId: number | null, frame: number | null): readonly string[] {
    return captureId === null || frame === null ? [] : (this.#notes.get(key(captureId, frame)) ?? []);
  }

  #ofClose({ connection: c }: ConnectionFacts): void {
    const closedFirst = `closed first (${c.closedFirstConfidence})`;
    const byFin = c.closedFirst === 'server' ? c.serverFinFrame : c.clientFinFrame;
    if (c.closedFirst === 'both') {
      this.#add(c.clientFinCaptureId, c.clientFinFrame, `the FINs crossed (${c.closedFirstConfidence})`);
      this.#add(c.serverFinCaptureId, c.serverFinFrame, `the FINs crossed (${c.closedFirstConfidence})`);
    } else if (c.closedFirst !== null && byFin !== null) {
      this.#add(c.closedFirst === 'server' ? c.serverFinCaptureId : c.clientFinCaptureId, byFin, closedFirst);
    } else if (c.closedFirst !== null && c.closedFirst === c.resetBy) {
      const note = isInNameOnly(c.resetCause, c.resetOrigin)
        ? `in the name of the ${c.closedFirst}, which may not have sent it`
        : closedFirst;
      this.#add(c.resetCaptureId, c.resetFrame, note);
    }
    if (c.resetCause !== null)
      this.#add(c.resetCaptureId, c.resetFrame, `reset: ${c.resetCause} (${c.resetConfidence ?? 'unknown'})`);
  }

  #add(captureId: number | null, frame: number | null, note: string | undefined): void {
    if (captureId === null || frame === null) return;
    const notes = this.#notes.get(key(captureId, frame)) ?? [];
    if (note !== undefined && !notes.includes(note)) notes.push(note);
    this.#notes.set(key(captureId, frame), notes);
  }
}

/** Whether the SYN was accepted by a SYN-ACK that was not captured: its answer is what either end sent on the strength of that. */
export function isShownLater({ outcome, retryDelayS }: TimeWaitSynFacts): boolean {
  return outcome.startsWith('accepted') && retryDelayS === null;
}

const ANSWERS: Readonly<Record<string, string>> = {
  accepted: 'accepts the SYN',
  'accepted-after-rst': 'accepts the SYN, after the reset',
  challenged: 'challenge ACK: the numbers of the old connection',
  reset: 'refuses the SYN',
};
