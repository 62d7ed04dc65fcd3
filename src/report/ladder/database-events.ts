/** A ladder of what the database alone holds: the segments whose frames or times it knows, the others as one number. */
import type { ConnectionFacts } from '../../store/connection-facts.js';
import {
  NO_STATES,
  isoUtc,
  secondsAfter,
  type LadderEvent,
  type LadderFold,
  type LadderMark,
  type LadderSegment,
  type LadderSide,
  type LadderStates,
} from './ladder.js';
import { FrameNotes, isShownLater } from './notes.js';

/** What is known of a segment; all else is null. */
interface Known extends Partial<Omit<LadderSegment, 'captureId' | 'frame' | 'atS' | 'seen'>> {
  readonly from: LadderSide;
  readonly flags: string;
  readonly captureId: number | null;
  readonly frame: number | null;
  readonly atNs: bigint | null;
}

export function databaseEvents(facts: ConnectionFacts): LadderEvent[] {
  return new DatabaseLadder(facts).events();
}

class DatabaseLadder {
  readonly #facts: ConnectionFacts;
  readonly #notes: FrameNotes;
  readonly #events: LadderEvent[] = [];
  readonly #drawn = new Set<string>();

  constructor(facts: ConnectionFacts) {
    this.#facts = facts;
    this.#notes = new FrameNotes(facts);
  }

  events(): LadderEvent[] {
    this.#handshake();
    const opening = new Set(this.#events);
    this.#timeWaitSyns();
    this.#paws();
    this.#close();
    const rest = this.#rest();
    this.#last();
    const ordered = inOrder(this.#events);
    if (rest !== null) ordered.splice(ordered.findLastIndex((e) => opening.has(e)) + 1, 0, rest);
    return ordered;
  }

  #handshake(): void {
    const { connection: c } = this.#facts;
    const first = { captureId: c.captureId, frame: c.firstFrame, atNs: c.firstNs };
    const { opensWithSyn } = this.#facts;
    if (c.roles === 'guessed' || (c.roles === 'syn' && !opensWithSyn)) {
      const seen = c.roles === 'guessed' ? 'was not captured' : 'is out of order in the capture';
      this.#mark('the first packet', c.firstNs, NO_STATES, {
        captureId: c.captureId,
        frame: c.firstFrame,
        notes: [`the handshake ${seen}`],
      });
      return;
    }
    if (c.roles === 'syn') {
      const states = { client: 'SYN_SENT', server: null };
      this.#segment({
        from: 'client',
        flags: 'SYN',
        seq: c.clientIsn,
        ...first,
        states,
        notes: copies(c.synCount, 'SYNs'),
      });
    }
    this.#segment({
      from: 'server',
      flags: 'SYN ACK',
      seq: c.serverIsn,
      captureId: c.synAckCaptureId,
      frame: c.synAckFrame,
      atNs: c.synAckNs,
      states: { client: null, server: 'SYN_RECEIVED' },
      notes: c.synAckCount > 1 ? [`one of ${c.synAckCount} SYN ACKs`] : [],
    });
    const captureId = c.handshakeAckCaptureId;
    const frame = c.handshakeAckFrame;
    if (captureId === c.clientFinCaptureId && frame === c.clientFinFrame) return; // one arrow, the FIN's
    const states = { client: 'ESTABLISHED', server: 'ESTABLISHED' };
    this.#segment({ from: 'client', flags: 'ACK', captureId, frame, atNs: c.handshakeAckNs, states });
  }

  #paws(): void {
    for (const row of this.#facts.paws) {
      // a copy of a SYN that met TIME_WAIT failed PAWS there, but belongs to the attempt
      const attempt = this.#facts.timeWaitSyns.find((syn) => syn.isn === row.seq && row.flags.includes('S'));
      const ofConnection = attempt?.connectionId === this.#facts.connection.id ? null : (attempt?.connectionId ?? null);
      const { captureId, frame, atNs, seq, len } = row;
      const isCaptured = frame !== null;
      if (isCaptured) {
        const flags = flagWords(row.flags);
        this.#segment({ from: row.sender, flags, captureId, frame, atNs, seq, len, ofConnection });
      }
      this.#segment({
        from: row.sender === 'client' ? 'server' : 'client',
        flags: 'ACK',
        captureId: row.evidenceCaptureId,
        frame: row.evidenceFrame,
        atNs: row.evidenceNs,
      });
    }
  }

  #close(): void {
    const { connection: c } = this.#facts;
    for (const [from, captureId, frame, atNs] of [
      ['client', c.clientFinCaptureId, c.clientFinFrame, c.clientFinNs],
      ['server', c.serverFinCaptureId, c.serverFinFrame, c.serverFinNs],
    ] as const)
      this.#segment({ from, flags: 'FIN', captureId, frame, atNs, states: this.#afterFin(from) });
    if (c.resetBy !== null)
      this.#segment({
        from: c.resetBy,
        flags: 'RST',
        captureId: c.resetCaptureId,
        frame: c.resetFrame,
        atNs: c.resetNs,
      });
    if (c.timeWaitNs !== null && c.timeWaitAt !== null) {
      const held = (side: LadderSide): string | null =>
        c.timeWaitAt === side || c.timeWaitAt === 'both' ? 'TIME_WAIT' : null;
      const who = c.timeWaitAt === 'both' ? 'at both ends' : `at the ${c.timeWaitAt}`;
      this.#mark(`TIME_WAIT ${who}`, c.timeWaitNs, { client: held('client'), server: held('server') });
    }
  }

  /** The state of a FIN's sender; only what follows from who closed first (RFC 9293 figure 5). */
  #afterFin(sender: LadderSide): LadderStates {
    const { closedFirst, clientState, serverState } = this.#facts.connection;
    if (closedFirst === null || (sender === 'client' ? clientState : serverState) === null) return NO_STATES;
    const state = closedFirst === sender || closedFirst === 'both' ? 'FIN_WAIT_1' : 'LAST_ACK';
    return sender === 'client' ? { client: state, server: null } : { client: null, server: state };
  }

  /** SYNs that met the connection's own TIME_WAIT, and answers that refused its own SYN. */
  #timeWaitSyns(): void {
    const { connection: c, timeWaitSyns } = this.#facts;
    for (const syn of timeWaitSyns) {
      const own = syn.connectionId === c.id;
      const from = own || (syn.clientIp === c.clientIp && syn.clientPort === c.clientPort) ? 'client' : 'server';
      const ofConnection = own ? null : syn.connectionId;
      const { captureId, frame, atNs } = syn;
      this.#segment({ from, flags: 'SYN', seq: syn.isn, captureId, frame, atNs, ofConnection });
      if (isShownLater(syn)) continue; // which end sent it is not known
      this.#segment({
        from: from === 'client' ? 'server' : 'client',
        flags: syn.outcome === 'reset' ? 'RST' : syn.outcome === 'challenged' ? 'ACK' : 'SYN ACK',
        captureId: syn.answerCaptureId,
        frame: syn.answerFrame,
        atNs: syn.answerNs,
        // a challenge ACK has the numbers of the connection in TIME_WAIT, the others are the attempt's
        ofConnection:
          (syn.outcome === 'challenged') === own ? (own ? syn.previousConnectionId : syn.connectionId) : null,
      });
    }
  }

  /** All that the database counts and has no frame for. */
  #rest(): LadderFold | null {
    const { connection: c } = this.#facts;
    const drawn = this.#events.filter((e) => e.kind === 'segment' && e.ofConnection === null) as LadderSegment[];
    // the copies of a SYN stand in the note of one arrow
    const left = (side: LadderSide, packets: number, flags: string, count: number): number => {
      const own = drawn.filter((segment) => segment.from === side);
      return Math.max(0, packets - own.length - Math.max(0, count - own.filter((s) => s.flags === flags).length));
    };
    const clientSegments = left('client', c.clientPackets, 'SYN', c.synCount);
    const serverSegments = left('server', c.serverPackets, 'SYN ACK', c.synAckCount);
    if (clientSegments + serverSegments === 0) return null;
    return {
      kind: 'fold',
      segments: clientSegments + serverSegments,
      clientSegments,
      serverSegments,
      clientBytes: c.clientBytes,
      serverBytes: c.serverBytes,
    };
  }

  #last(): void {
    const { connection: c } = this.#facts;
    const states = { client: c.clientState, server: c.serverState };
    const drawn = this.#drawn.has(`${c.lastCaptureId}:${c.lastFrame}`);
    const place = drawn ? {} : { captureId: c.lastCaptureId, frame: c.lastFrame };
    this.#mark(drawn ? 'as last seen' : 'the last packet', c.lastNs, states, place);
  }

  /** One arrow a frame, and none without: an arrow is there to be looked up. */
  #segment({ captureId, frame, atNs, ...rest }: Known): void {
    const { connection: c } = this.#facts;
    const name = `${captureId ?? ''}:${frame ?? ''}`;
    if (captureId === null || frame === null || this.#drawn.has(name)) return;
    this.#drawn.add(name);
    const isn = rest.from === 'client' ? c.clientIsn : c.serverIsn;
    const seq = rest.seq ?? null;
    this.#events.push({
      kind: 'segment',
      captureId,
      frame,
      atS: atNs === null ? null : secondsAfter(c.firstNs, atNs),
      seen: atNs === null ? null : isoUtc(atNs),
      seq,
      relativeSeq: seq === null || isn === null || (rest.ofConnection ?? null) !== null ? null : (seq - isn) >>> 0,
      len: null,
      states: NO_STATES,
      ofConnection: null,
      ...rest,
      notes: [...(rest.notes ?? []), ...this.#notes.of(captureId, frame)],
    });
  }

  #mark(text: string, atNs: bigint, states: LadderStates, more: Partial<LadderMark> = {}): void {
    const { captureId = null, frame = null } = more;
    if (frame !== null) this.#drawn.add(`${captureId ?? ''}:${frame}`);
    const at = { atS: secondsAfter(this.#facts.connection.firstNs, atNs), seen: isoUtc(atNs) };
    const notes = [...(more.notes ?? []), ...this.#notes.of(captureId, frame)];
    this.#events.push({ kind: 'mark', captureId, frame, ...at, text, states, notes });
  }
}

const FLAG_WORDS: Readonly<Record<string, string>> = {
  S: 'SYN',
  F: 'FIN',
  R: 'RST',
  P: 'PSH',
  U: 'URG',
  E: 'ECE',
  W: 'CWR',
  '.': 'ACK',
};

/** tcpdump's letters in words: `P.` is PSH ACK. */
const flagWords = (letters: string): string =>
  letters === 'none' ? 'no flags' : Array.from(letters, (letter) => FLAG_WORDS[letter] ?? letter).join(' ');

const copies = (count: number, noun: string): string[] => (count > 1 ? [`the first of ${count} ${noun}`] : []);

/** By frame, and what has none by its time, behind all that is not later. */
function inOrder(events: readonly LadderEvent[]): LadderEvent[] {
  const place = (e: LadderEvent): number | null =>
    e.kind !== 'fold' && e.frame !== null ? (e.captureId ?? 0) * 2 ** 32 + e.frame : null;
  const time = (e: LadderEvent): number => (e.kind === 'fold' ? Infinity : (e.atS ?? Infinity));
  const ordered = events.filter((e) => place(e) !== null).sort((a, b) => (place(a) ?? 0) - (place(b) ?? 0));
  for (const event of events.filter((e) => place(e) === null)) {
    const before = ordered.findLastIndex(
      (other) => other.kind === 'segment' && other.atS !== null && other.atS <= time(event),
    );
    ordered.splice(before + 1, 0, event);
  }
  return ordered;
}
