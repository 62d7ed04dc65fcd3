/**
 * Zeek's TCP, segment by segment, as `TCPSessionAdapter.cc`, `TCP_Reassembler.cc` and `Session.cc` do it: slow, with all
 * numbers and timers kept, and without a look at the program that is tested. For conversations far below 2^31 octets.
 */
import type { SegmentFrame } from './frame.js';

const enum State {
  Inactive,
  SynSent,
  SynAckSent,
  Partial,
  Established,
  Closed,
  Reset,
}

const S = 1e9;
const LIKELY_PORTS = [21, 22, 25, 53, 80, 110, 143, 443, 3306, 8080];

class Endpoint {
  state = State.Inactive;
  before = State.Inactive;
  closed = false;
  start = 0;
  last = 0;
  ackSeq = 0;
  finCount = 0;
  finSeq = 0;
  lastSyn = 0;
  lastFin = 0;
  lastRst = 0;
  counts = { T: 0, W: 0, G: 0 };
  /** Relative number up to which all octets were delivered; ranges beyond it. */
  delivered = 1;
  blocks: [number, number][] = [];
  eof = false;
  constructor(readonly name: string) {}

  init(start: number, last: number): void {
    [this.start, this.ackSeq, this.last] = [start, start, last];
  }
  set(state: State): void {
    if (state !== this.state) [this.before, this.state] = [this.state, state];
  }
  get size(): number {
    const numbers = Math.max((this.last - this.start) | 0, (this.ackSeq - this.start) | 0);
    return Math.max(0, numbers - 1 - (this.finCount > 0 && numbers > 1 ? 1 : 0));
  }
  get pending(): boolean {
    const last = (this.last - this.start) | 0;
    return last >= this.delivered && this.delivered !== last && this.delivered !== last - 1;
  }
}

class Connection {
  history = '';
  orig: Endpoint;
  resp: Endpoint;
  packets = 0;
  removed = false;
  lastNs: number;
  deferred = false;
  timers: { at: number; run: (at: number) => void }[] = [];
  isPartial = false;
  seen = new Set<Endpoint>();

  constructor(ns: number, from: string, to: string) {
    this.lastNs = ns;
    this.orig = new Endpoint(from);
    this.resp = new Endpoint(to);
    this.later(ns + 5 * S, (at) => this.expire(at));
  }

  later(at: number, run: (at: number) => void): void {
    this.timers.push({ at, run });
  }

  runTimers(ns: number): void {
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= ns).sort((a, b) => a.at - b.at)[0];
      if (next === undefined || this.removed) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      next.run(next.at);
    }
    if (this.lastNs + 300 * S <= ns) this.removed = true;
  }

  expire(at: number): void {
    const { orig, resp } = this;
    if (this.lastNs + 5 * S < at && (orig.closed || resp.closed)) {
      const states = [orig.state, resp.state];
      if ((orig.closed && resp.closed) || states.includes(State.Reset) || states.includes(State.Inactive)) {
        this.removed = true;
        return;
      }
    }
    this.later(at + 6 * S, (again) => this.expire(again));
  }

  flip(): void {
    [this.orig, this.resp] = [this.resp, this.orig];
    this.history += '^';
    this.isPartial = false;
  }

  write(end: Endpoint, letter: string): void {
    this.history += end === this.orig ? letter : letter.toLowerCase();
  }
  /** `CheckHistory`: whether it was there already. */
  check(end: Endpoint, letter: string, same = letter): boolean {
    const there = Array.from(same).some((l) => this.history.includes(end === this.orig ? l : l.toLowerCase()));
    if (!there) this.write(end, letter);
    return there;
  }
  scaled(end: Endpoint, letter: 'T' | 'W' | 'G'): void {
    const count = ++end.counts[letter];
    if (Number.isInteger(Math.log10(count))) this.write(end, letter);
  }

  isReuse(f: SegmentFrame): boolean {
    if ((f.flags & 2) === 0) return false;
    let end = this.orig;
    if ((f.flags & 16) !== 0) {
      if (this.orig.state !== State.Inactive) return false;
      end = this.resp;
    }
    if (this.orig.closed || this.resp.closed) return true;
    if (f.seq === end.start >>> 0) return false;
    const reversal = (f.flags & 16) === 0 && end.state === State.SynAckSent && this.resp.state === State.Inactive;
    return !(reversal && f.seq === this.resp.start >>> 0);
  }

  process(f: SegmentFrame): void {
    this.packets++;
    const mine = this.orig.name === sender(f) ? this.orig : this.resp;
    const peer = mine === this.orig ? this.resp : this.orig;
    const isOrig = mine === this.orig;
    const [fin, syn, rst, ack] = [1, 2, 4, 16].map((bit) => (f.flags & bit) !== 0) as [
      boolean,
      boolean,
      boolean,
      boolean,
    ];
    const len = f.payload.length;
    if (!this.seen.has(mine) && (isOrig || !this.isPartial)) this.isPartial = isOrig ? !syn || ack : !syn;
    const segment = (rst ? 0 : len) + (syn ? 1 : 0) + (fin ? 1 : 0);
    const past = f.seq + segment;

    if (mine.state === State.Inactive) {
      if (syn) mine.init(f.seq, past);
      else {
        mine.init(f.seq - 1, f.seq);
      }
    } else if (syn && mine.state !== State.Closed && (mine.state !== State.Reset || mine.before === State.Inactive)) {
      if (f.seq !== mine.start >>> 0 || mine.state >= State.Partial) mine.init(f.seq, past);
    }
    const rel = (f.seq - mine.start) | 0;
    const underflow = rel < 0;

    const bits = [fin, syn, rst].filter(Boolean).length;
    if (bits > 1) this.check(mine, fin && rst ? 'I' : 'Q');
    else if (syn) {
      if (this.check(mine, ack ? 'H' : 'S', 'SH') && rel !== mine.lastSyn) this.write(mine, ack ? 'H' : 'S');
      mine.lastSyn = rel;
    } else if (fin) {
      if (this.check(mine, 'F') && rel + len !== mine.lastFin) this.write(mine, 'F');
      mine.lastFin = rel + len;
    } else if (rst) {
      if (this.check(mine, 'R') && rel !== mine.lastRst) this.write(mine, 'R');
      mine.lastRst = rel;
    } else if (len > 0) this.check(mine, 'D');
    else if (ack) this.check(mine, 'A');

    if (f.window === 0 && !rst && peer.state !== State.Closed && mine.state !== State.Reset) this.scaled(mine, 'W');
    if (!this.orig.closed || !this.resp.closed) this.lastNs = f.timeNs;
    if (fin) {
      mine.finCount++;
      mine.finSeq = rel + segment;
    }
    let relAck = 0;
    if (ack) {
      if (peer.state === State.Inactive) {
        relAck = 1;
        peer.init(f.ack - 1, f.ack - 1);
      } else {
        relAck = (f.ack - peer.start) | 0;
        if (relAck < 0) relAck = 0;
        else if (!rst && ((f.ack - peer.ackSeq) | 0) > 0) peer.ackSeq = f.ack;
      }
    }
    const delta = (past - mine.last) | 0;
    if ((syn || rst) && Math.abs(delta) > 1048576) {
      // not believed
    } else if (fin && mine.last === mine.start + 1) mine.last = past;
    else if (mine.state === State.Reset) {
      // not believed either
    } else if (delta > 0) mine.last = past;
    else if (len > 0) this.scaled(mine, 'T');

    const closes = this.update(f, mine, peer, isOrig, { fin, syn, rst, ack, len });
    if (ack) this.ackReceived(peer, mine, relAck);
    this.seen.add(mine);
    if (len > 0 && !rst && !underflow) this.dataSent(mine, syn ? rel + 1 : rel, len);
    this.checkEof(mine, peer);
    if (closes) this.close(mine, peer);
  }

  update(
    f: SegmentFrame,
    mine: Endpoint,
    peer: Endpoint,
    isOrig: boolean,
    { fin, syn, rst, ack, len }: { fin: boolean; syn: boolean; rst: boolean; ack: boolean; len: number },
  ): boolean {
    let closes = false;
    switch (mine.state) {
      case State.Inactive:
        if (syn && isOrig) {
          mine.set(ack ? State.SynAckSent : State.SynSent);
          this.later(f.timeNs + 5 * S, () => {
            const trying = [State.SynSent, State.SynAckSent].includes(this.orig.state);
            if (trying && this.resp.state === State.Inactive) this.removed = true;
          });
        } else if (syn) {
          if (!ack && peer.state === State.SynAckSent) {
            this.flip();
            peer.set(State.Established);
          }
          if (peer.state === State.SynSent) peer.set(State.Established);
          mine.set(State.Established);
        }
        if (fin) mine.set(State.Closed);
        if (rst) mine.set(State.Reset);
        closes = fin || rst;
        if ((mine.state as State) === State.Inactive) {
          if (!isOrig && len === 0 && this.orig.state === State.SynSent) break;
          mine.set(ack && peer.state === State.Established ? State.Established : State.Partial);
          if ((mine.state as State) === State.Established) this.isPartial = false;
        }
        break;
      case State.SynSent:
      case State.SynAckSent:
        if (fin) mine.set(State.Closed);
        if (rst) mine.set(State.Reset);
        closes = fin || rst;
        break;
      case State.Established:
      case State.Partial:
        if (syn && mine.state === State.Partial && peer.state === State.Inactive && !ack) mine.set(State.SynSent);
        if (fin && !rst) {
          mine.set(State.Closed);
          if (peer.state === State.Reset && peer.before === State.Closed) peer.set(State.Closed);
        }
        if (rst) mine.set(State.Reset);
        closes = fin || rst;
        break;
      case State.Closed:
        if (rst && peer.state !== State.Closed) {
          mine.set(State.Reset);
          closes = !mine.closed;
        }
        break;
      case State.Reset:
        break;
    }
    return closes;
  }

  dataSent(end: Endpoint, seq: number, len: number): void {
    const acked = (end.ackSeq - end.start) | 0;
    let from = seq;
    const to = seq + len;
    if (from < acked) {
      if (to <= acked) return;
      from = acked;
    }
    end.blocks.push([from, to]);
    this.deliver(end);
  }

  deliver(end: Endpoint): void {
    end.blocks.sort((a, b) => a[0] - b[0]);
    for (const [from, to] of end.blocks) if (from <= end.delivered && to > end.delivered) end.delivered = to;
    end.blocks = end.blocks.filter(([, to]) => to > end.delivered);
  }

  ackReceived(end: Endpoint, peer: Endpoint, relAck: number): void {
    let upTo = relAck;
    if (end.finCount > 0 && upTo >= end.finSeq) upTo = end.finSeq - 1;
    if (upTo > end.delivered && !(upTo <= 2 && this.isPartial)) {
      const clean = (e: Endpoint): boolean =>
        e.state === State.Established || (e.state === State.Closed && e.before === State.Established);
      for (;;) {
        const block = end.blocks.find(([from]) => from >= end.delivered && from < upTo);
        if (block === undefined) break;
        if (clean(end) && clean(peer)) this.scaled(end, 'G');
        end.delivered = block[0];
        this.deliver(end);
      }
      if (upTo > end.delivered) {
        if (clean(end) && clean(peer)) this.scaled(end, 'G');
        end.delivered = upTo;
        this.deliver(end);
      }
    }
    this.checkEof(end, peer);
  }

  checkEof(end: Endpoint, peer: Endpoint): void {
    const over = end.finCount > 0 || end.state === State.Closed || end.state === State.Reset;
    if (end.eof || !over || end.pending) return;
    end.eof = true;
    if (!this.deferred) return;
    this.close(end, peer);
    this.deferred = false;
  }

  close(end: Endpoint, peer: Endpoint): void {
    if (end.pending) {
      this.deferred = true;
      return;
    }
    this.deferred = false;
    if (end.closed) return;
    end.closed = true;
    if (end.state === State.Reset || peer.closed || peer.state === State.Inactive) {
      this.timers = [];
      this.later(this.lastNs + 5 * S, () => (this.removed = true));
    } else if (end.before === State.Inactive) {
      this.later(this.lastNs + 3 * S, () => {
        const states = [this.orig.state, this.resp.state];
        if (states.includes(State.Inactive) || states.includes(State.Reset)) return;
        if (!this.orig.closed || !this.resp.closed) this.removed = true;
      });
    } else this.later(this.lastNs + 6 * S, (at) => this.expire(at));
  }

  get connState(): string {
    const [os, rs] = [this.orig.state, this.resp.state];
    const silent = (state: State): boolean => state === State.Inactive || state === State.Partial;
    if (rs === State.Reset) {
      const empty = os === State.Reset && this.orig.size === 0 && this.resp.size === 0;
      if (os === State.SynSent || os === State.SynAckSent || empty) return 'REJ';
      return silent(os) ? 'RSTRH' : 'RSTR';
    }
    if (os === State.Reset) {
      if (!silent(rs)) return 'RSTO';
      return /^\^?S[^HAFGIQ]*R/.test(this.history) ? 'RSTOS0' : 'OTH';
    }
    if (rs === State.Closed && os === State.Closed) return 'SF';
    if (os === State.Closed) return silent(rs) ? 'SH' : 'S2';
    if (rs === State.Closed) return silent(os) ? 'SHR' : 'S3';
    if (os === State.SynSent && rs === State.Inactive) return 'S0';
    return os === State.Established && rs === State.Established ? 'S1' : 'OTH';
  }
}

const sender = (f: SegmentFrame): string => `${f.from.ip} ${f.from.port}`;
const receiver = (f: SegmentFrame): string => `${f.to.ip} ${f.to.port}`;

/** Zeek's connections of a conversation: `originator conn_state history packets`, in order of their begin. */
export function zeekModel(frames: readonly SegmentFrame[]): string[] {
  const all: Connection[] = [];
  const current = new Map<string, Connection>();
  for (const f of frames) {
    for (const connection of current.values()) connection.runTimers(f.timeNs);
    const key = [sender(f), receiver(f)].sort().join(' ');
    let connection = current.get(key);
    if (connection === undefined || connection.removed || connection.isReuse(f)) {
      connection = new Connection(f.timeNs, sender(f), receiver(f));
      const likely = LIKELY_PORTS.includes(f.from.port);
      const both = likely && LIKELY_PORTS.includes(f.to.port);
      const isSyn = (f.flags & 2) !== 0;
      if ((f.flags & 18) !== 2 && (both ? !isSyn && f.from.port < f.to.port : likely)) connection.flip();
      current.set(key, connection);
      all.push(connection);
    }
    connection.process(f);
  }
  return all.map((c) => `${c.orig.name} ${c.connState} ${c.history === '' ? null : c.history} ${c.packets}`);
}
