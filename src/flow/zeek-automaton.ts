/**
 * Zeek's own view of a TCP connection as an automaton: states of both ends, and the history so far. It is Zeek's, not
 * RFC 9293's, and follows `TCPSessionAdapter.cc`, `Session.cc` and `scripts/base/protocols/conn/main.zeek` of Zeek 7 in
 * every oddity, for its `conn_state` and `history` are to be given letter for letter.
 *
 * The histories of all connections are few, so a node is made once and a connection is a node's number: following a
 * segment is one look into a table.
 */
import { Desk } from './desk.js';
import { ZeekEvent, ZeekKind } from './zeek-codes.js';

/** What Zeek calls the states of an end (`TCP_INACTIVE`, ...). */
export const enum ZeekState {
  INACTIVE = 0,
  SYN_SENT = 1,
  SYN_ACK_SENT = 2,
  PARTIAL = 3,
  ESTABLISHED = 4,
  CLOSED = 5,
  RESET = 6,
}

/** One end: its state, the one before, and whether Zeek has noted its close. */
export interface ZeekEnd {
  readonly state: number;
  readonly before: number;
  readonly closed: boolean;
}

export interface ZeekNode {
  readonly orig: ZeekEnd;
  readonly resp: ZeekEnd;
  /** Zeek takes the connection for over and will remove it five seconds later. */
  readonly complete: boolean;
  /** null: there were too many different histories to keep them all. */
  readonly history: string | null;
}

const EVENTS = 64;

/** Letters that are written again and again, for other numbers or counts: those of `LETTERS`, by their places. */
export const enum ZeekLetter {
  FIN = 0,
  SYN_ACK = 1,
  RST = 2,
  GAP = 3,
  REPEAT = 4,
  ZERO_WINDOW = 5,
}
const LETTERS = 'FHRGTW';
/** Places for letters of both sides. */
const SIDED_LETTERS = 16;

/** The event that a segment is. `side`: 0 originator, 1 responder. */
export function zeekEvent(side: number, flags: number, payloadLen: number): number {
  return (side << 5) | (payloadLen > 0 ? ZeekEvent.DATA : 0) | ((flags & 16) >> 1) | (flags & 7);
}

/** Histories beyond this many, or longer than this, are not kept: a hostile capture must not fill the memory. */
const MAX_NODES = 1 << 17;
export const MAX_LETTERS = 1000;
const FRESH: ZeekEnd = { state: ZeekState.INACTIVE, before: ZeekState.INACTIVE, closed: false };

/** All nodes that occurred, and the way from one to the next. */
export class ZeekAutomaton {
  /** Node after an event, at `node * 64 + event`; -1 where that needs a closer look at the segment, or is new. */
  edges = new Int32Array(64 * EVENTS).fill(-1);
  /** The same, however close a look was needed: what `after` found. -1: never asked for. */
  private afterwards = new Int32Array(64 * EVENTS).fill(-1);
  /** What `withLetter` found, at `node * SIDED_LETTERS + letter * 2 + side`. -1: never asked for. */
  private lettered = new Int32Array(64 * SIDED_LETTERS).fill(-1);
  /** `ZeekKind` of each node. */
  kinds = new Uint8Array(64);
  /** Copies of both on the desk of the short way, of the first `Desk.NODES` nodes. */
  private deskEdges: Int16Array = new Int16Array(0);
  private deskKinds: Uint8Array = new Uint8Array(0);
  private readonly nodes: ZeekNode[] = [];
  private readonly numbers = new Map<string, number>();
  /** Connections begin here; the second one where Zeek takes the first packet's sender for the responder. */
  readonly start = this.number({ orig: FRESH, resp: FRESH, complete: false, history: '' });
  readonly flippedStart = this.number({ orig: FRESH, resp: FRESH, complete: false, history: '^' });

  node(number: number): ZeekNode {
    return this.nodes[number]!;
  }

  /** The node after `event`. Remembered in `edges`, unless the same event can mean something else the next time. */
  after(number: number, event: number): number {
    const known = this.afterwards[number * EVENTS + event]!;
    if (known >= 0) return known;
    const node = this.node(number);
    const next = this.number(step(node, event));
    this.afterwards[number * EVENTS + event] = next;
    const begins = number <= this.flippedStart && (event & (ZeekEvent.RST | ZeekEvent.DATA)) === 0;
    if (begins || !dependsOnNumbers(node, event)) {
      this.edges[number * EVENTS + event] = next;
      if (next < Desk.NODES) this.deskEdges[number * EVENTS + event] = next;
    }
    return next;
  }

  /** Keeps a copy of what `short-way/zeek.ts` asks for, in the octets of the desk. */
  layOut(desk: Uint8Array): void {
    this.deskEdges = new Int16Array(desk.buffer, Desk.EDGES, Desk.NODES * EVENTS).fill(-1);
    this.deskKinds = new Uint8Array(desk.buffer, Desk.KINDS, Desk.NODES * 2);
    for (const [number, node] of this.nodes.entries()) this.layNode(number, node);
  }

  private layNode(number: number, node: ZeekNode): void {
    this.deskKinds[2 * number] = kindOf(node);
    this.deskKinds[2 * number + 1] = closedEnds(node);
  }

  /** The node with one letter more: upper case for the originator, made lower case for the responder. */
  withLetter(number: number, side: number, letter: ZeekLetter): number {
    const place = number * SIDED_LETTERS + 2 * letter + side;
    const known = this.lettered[place]!;
    if (known >= 0) return known;
    const node = this.node(number);
    const next = this.number({ ...node, history: added(node.history, side, LETTERS[letter]!) });
    this.lettered[place] = next;
    return next;
  }

  /** The SYN comes after its SYN-ACK: Zeek exchanges the roles, and what follows counts as an established connection. */
  reversed(number: number): number {
    const { orig, resp, complete, history } = this.node(number);
    return this.number({
      orig: changed(resp, ZeekState.ESTABLISHED),
      resp: changed(orig, ZeekState.ESTABLISHED),
      complete,
      history: added(added(history, 1, 'S'), 0, '^'),
    });
  }

  private number(node: ZeekNode): number {
    const key = `${endKey(node.orig)} ${endKey(node.resp)} ${node.complete ? 1 : 0} ${node.history ?? '?'}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    // The nodes without a history are a handful: states only.
    if (this.nodes.length >= MAX_NODES && node.history !== null) return this.number({ ...node, history: null });
    const number = this.nodes.length;
    this.numbers.set(key, number);
    this.nodes.push(node);
    if (number === this.kinds.length) this.grow();
    this.kinds[number] = kindOf(node);
    this.layNode(number, node);
    return number;
  }

  private grow(): void {
    this.edges = doubled(this.edges);
    this.afterwards = doubled(this.afterwards);
    this.lettered = doubled(this.lettered);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }
}

/** With as many numbers again, all -1. */
function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(numbers.length * 2).fill(-1);
  grown.set(numbers);
  return grown;
}

/** `conn_state` as `conn_state()` of Zeek's conn script has it. `empty`: neither end sent an octet. null: not known. */
export function zeekConnState(node: ZeekNode, empty: boolean): string | null {
  const os = node.orig.state;
  const rs = node.resp.state;
  const origSilent = os === ZeekState.INACTIVE || os === ZeekState.PARTIAL;
  const respSilent = rs === ZeekState.INACTIVE || rs === ZeekState.PARTIAL;
  if (rs === ZeekState.RESET) {
    if (os === ZeekState.SYN_SENT || os === ZeekState.SYN_ACK_SENT || (os === ZeekState.RESET && empty)) return 'REJ';
    return origSilent ? 'RSTRH' : 'RSTR';
  }
  if (os === ZeekState.RESET) {
    if (!respSilent) return 'RSTO';
    if (node.history === null) return null;
    return /^\^?S[^HAFGIQ]*R/.test(node.history) ? 'RSTOS0' : 'OTH';
  }
  if (rs === ZeekState.CLOSED && os === ZeekState.CLOSED) return 'SF';
  if (os === ZeekState.CLOSED) return respSilent ? 'SH' : 'S2';
  if (rs === ZeekState.CLOSED) return origSilent ? 'SHR' : 'S3';
  if (os === ZeekState.SYN_SENT && rs === ZeekState.INACTIVE) return 'S0';
  return os === ZeekState.ESTABLISHED && rs === ZeekState.ESTABLISHED ? 'S1' : 'OTH';
}

/** Whether Zeek writes gaps of an end's octets into the history in this state. */
export function zeekTellsGaps(node: ZeekNode): boolean {
  const clean = (end: ZeekEnd): boolean =>
    end.state === ZeekState.ESTABLISHED || (end.state === ZeekState.CLOSED && end.before === ZeekState.ESTABLISHED);
  return clean(node.orig) && clean(node.resp);
}

/** Whether the letter of the event stands in the history. Without a history nobody needs to know. */
export function zeekHasLetter(node: ZeekNode, event: number): boolean {
  const letter = letterOf(event);
  return letter !== '' && node.history !== null && hasLetter(node.history, event >> 5, letter);
}

function dependsOnNumbers(node: ZeekNode, event: number): boolean {
  if ((event & ZeekEvent.RST) !== 0) return true;
  if ((event & ZeekEvent.SYN) !== 0 && ((event & ZeekEvent.ACK) === 0 || node.orig.state === ZeekState.INACTIVE))
    return true; // another connection?
  if ((event & ZeekEvent.SYN) !== 0 && (event & ZeekEvent.DATA) !== 0) return true;
  return (event & (ZeekEvent.FIN | ZeekEvent.SYN)) !== 0 && zeekHasLetter(node, event); // a letter may be written again
}

function step(node: ZeekNode, event: number): ZeekNode {
  const side = event >> 5;
  const has = (bit: number): boolean => (event & bit) !== 0;
  let mine = side === 0 ? node.orig : node.resp;
  let theirs = side === 0 ? node.resp : node.orig;
  let closes = false;
  switch (mine.state) {
    case ZeekState.INACTIVE:
      if (has(ZeekEvent.SYN)) {
        if (side === 0) mine = changed(mine, has(ZeekEvent.ACK) ? ZeekState.SYN_ACK_SENT : ZeekState.SYN_SENT);
        else {
          if (theirs.state === ZeekState.SYN_SENT) theirs = changed(theirs, ZeekState.ESTABLISHED);
          mine = changed(mine, ZeekState.ESTABLISHED);
        }
      }
      if (has(ZeekEvent.FIN)) mine = changed(mine, ZeekState.CLOSED);
      if (has(ZeekEvent.RST)) mine = changed(mine, ZeekState.RESET);
      closes = has(ZeekEvent.FIN) || has(ZeekEvent.RST);
      if (mine.state === ZeekState.INACTIVE) {
        const strangeAck = side === 1 && !has(ZeekEvent.DATA) && theirs.state === ZeekState.SYN_SENT;
        if (!strangeAck)
          mine = changed(
            mine,
            has(ZeekEvent.ACK) && theirs.state === ZeekState.ESTABLISHED ? ZeekState.ESTABLISHED : ZeekState.PARTIAL,
          );
      }
      break;
    case ZeekState.SYN_SENT:
    case ZeekState.SYN_ACK_SENT:
      if (has(ZeekEvent.FIN)) mine = changed(mine, ZeekState.CLOSED);
      if (has(ZeekEvent.RST)) mine = changed(mine, ZeekState.RESET);
      closes = has(ZeekEvent.FIN) || has(ZeekEvent.RST);
      break;
    case ZeekState.ESTABLISHED:
    case ZeekState.PARTIAL:
      if (
        has(ZeekEvent.SYN) &&
        !has(ZeekEvent.ACK) &&
        mine.state === ZeekState.PARTIAL &&
        theirs.state === ZeekState.INACTIVE
      )
        mine = changed(mine, ZeekState.SYN_SENT);
      if (has(ZeekEvent.FIN) && !has(ZeekEvent.RST)) {
        mine = changed(mine, ZeekState.CLOSED);
        if (theirs.state === ZeekState.RESET && theirs.before === ZeekState.CLOSED)
          theirs = changed(theirs, ZeekState.CLOSED);
      }
      if (has(ZeekEvent.RST)) mine = changed(mine, ZeekState.RESET);
      closes = has(ZeekEvent.FIN) || has(ZeekEvent.RST);
      break;
    case ZeekState.CLOSED:
      if (has(ZeekEvent.RST) && theirs.state !== ZeekState.CLOSED) {
        mine = changed(mine, ZeekState.RESET);
        closes = true;
      }
      break;
    default: // RESET: nothing changes it any more
      break;
  }
  let { complete } = node;
  if (closes && !mine.closed) {
    mine = { ...mine, closed: true };
    complete ||= mine.state === ZeekState.RESET || theirs.closed || theirs.state === ZeekState.INACTIVE;
  }
  const letter = letterOf(event);
  const { history } = node;
  const next =
    letter === '' || (history !== null && hasLetter(history, side, letter)) ? history : added(history, side, letter);
  return { orig: side === 0 ? mine : theirs, resp: side === 0 ? theirs : mine, complete, history: next };
}

function kindOf(node: ZeekNode): number {
  const { orig, resp } = node;
  if (node.complete) return ZeekKind.COMPLETE;
  if ((orig.state === ZeekState.SYN_SENT || orig.state === ZeekState.SYN_ACK_SENT) && resp.state === ZeekState.INACTIVE)
    return ZeekKind.ATTEMPT;
  if ((orig.closed || resp.closed) && (orig.state === ZeekState.RESET || resp.state === ZeekState.RESET))
    return ZeekKind.ABORTED;
  const spontaneous = (end: ZeekEnd): boolean => end.closed && end.before === ZeekState.INACTIVE;
  return spontaneous(orig) || spontaneous(resp) ? ZeekKind.PARTIAL_CLOSE : ZeekKind.OPEN;
}

/** How many of its ends are closed: each close starts Zeek's timer once more. */
export function closedEnds({ orig, resp }: ZeekNode): number {
  return (orig.closed ? 1 : 0) + (resp.closed ? 1 : 0);
}

function changed(end: ZeekEnd, state: number): ZeekEnd {
  return state === end.state ? end : { ...end, state, before: end.state };
}

/** The letter that Zeek writes for a segment, once for each side; '' for one without flags and payload. */
function letterOf(event: number): string {
  switch (event & (ZeekEvent.FIN | ZeekEvent.SYN | ZeekEvent.RST)) {
    case 0:
      return (event & ZeekEvent.DATA) !== 0 ? 'D' : (event & ZeekEvent.ACK) !== 0 ? 'A' : '';
    case ZeekEvent.SYN:
      return (event & ZeekEvent.ACK) !== 0 ? 'H' : 'S';
    case ZeekEvent.FIN:
      return 'F';
    case ZeekEvent.RST:
      return 'R';
    case ZeekEvent.FIN | ZeekEvent.SYN:
    case ZeekEvent.SYN | ZeekEvent.RST:
      return 'Q';
    default:
      return 'I';
  }
}

/** S and H are one letter to Zeek where it asks whether it was written before. */
function hasLetter(history: string, side: number, letter: string): boolean {
  const sided = (l: string): boolean => history.includes(side === 0 ? l : l.toLowerCase());
  return letter === 'S' || letter === 'H' ? sided('S') || sided('H') : sided(letter);
}

function added(history: string | null, side: number, letter: string): string | null {
  if (history === null || history.length >= MAX_LETTERS) return null;
  return history + (side === 0 ? letter : letter.toLowerCase());
}

function endKey(end: ZeekEnd): string {
  return `${end.state}${end.before}${end.closed ? 1 : 0}`;
}
