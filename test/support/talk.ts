export type Side = 'client' | 'server';

export interface TalkOptions {
  /** `ADDRESS:PORT`; default 192.0.2.1:40000. Its name in the text is A. */
  readonly client?: string;
  /** Default 198.51.100.7:443. Its name in the text is B. */
  readonly server?: string;
  /** Time of the SYN, seconds. Default 0. */
  readonly at?: number;
  /** Default 1000. */
  readonly clientIsn?: number;
  /** Default 5000. */
  readonly serverIsn?: number;
  /**
   * `true`: both sides use timestamps, clocks of 1 ms that show 100 000 and 900 000 at time 0. An object: what the clocks
   * show at time 0. Default: no timestamps.
   */
  readonly timestamps?: boolean | { readonly client: number; readonly server: number };
  /** Seconds from one segment to its answer. Default 0.01. */
  readonly rtt?: number;
}

/**
 * One TCP connection written down in the notation by verbs, for the parts of a test that are boring:
 *
 *     const talk = established({ timestamps: true }).sends('client', 100).closedBy('client');
 *     analyzeConversation(`
 *       ${talk}
 *       3.0  A > B  S  ${talk.next.client + 1000}  <TS val 3100 ecr 0>
 *     `);
 *
 * Verbs change the talk and return it. `next`, `time` and `clock()` tell where it stands.
 */
export class Talk {
  /** The sequence number that each side uses next; what the other acknowledges. */
  readonly next: { client: number; server: number };
  /** Time of the next segment, seconds. */
  time: number;
  readonly rtt: number;
  readonly #lines: string[] = [];
  readonly #clocks: { readonly client: number; readonly server: number } | null;
  readonly #echo = { client: 0, server: 0 };

  constructor(options: TalkOptions = {}) {
    const { client = '192.0.2.1:40000', server = '198.51.100.7:443', timestamps = false } = options;
    this.time = options.at ?? 0;
    this.rtt = options.rtt ?? 0.01;
    this.next = { client: options.clientIsn ?? 1000, server: options.serverIsn ?? 5000 };
    this.#clocks =
      timestamps === true ? { client: 100_000, server: 900_000 } : timestamps === false ? null : timestamps;
    this.#lines.push(`A = ${client}     B = ${server}`);
  }

  /** The text so far. */
  toString(): string {
    return this.#lines.join('\n');
  }

  /** What the timestamp clock of a side shows at a time (now, unless told). */
  clock(side: Side, time = this.time): number {
    return ((this.#clocks?.[side] ?? 0) + Math.round(time * 1000)) >>> 0;
  }

  /** The timestamp option that a side would send now, as `<...>`, or nothing without timestamps. */
  stamp(side: Side): string {
    return this.#clocks === null ? '' : `<TS val ${this.clock(side)} ecr ${this.#echo[side]}>`;
  }

  /** No handshake: both sides have seen the other's clock already. */
  underWay(): this {
    this.#echo.client = this.clock('server');
    this.#echo.server = this.clock('client');
    return this;
  }

  /** SYN, SYN-ACK, ACK. */
  opens(): this {
    return this.#syn('client', 'S').#syn('server', 'S.').acks('client');
  }

  /** One segment of `length` octets and its acknowledgement. */
  sends(side: Side, length: number): this {
    return this.segment(side, 'P.', length).acks(other(side));
  }

  acks(side: Side): this {
    return this.segment(side, '.');
  }

  waits(seconds: number): this {
    this.time += seconds;
    return this;
  }

  /** The whole orderly close: FIN, FIN that acknowledges it, last ACK. */
  closedBy(side: Side): this {
    return this.fin(side).fin(other(side)).acks(side);
  }

  /** A FIN and its ACK. */
  halfClosedBy(side: Side): this {
    return this.fin(side).acks(other(side));
  }

  /** A simultaneous close: the FINs cross, then both are acknowledged. */
  closedByBoth(): this {
    const seen = { ...this.next };
    this.segment('client', 'F.', 0, { ack: seen.server });
    this.segment('server', 'F.', 0, { ack: seen.client });
    return this.acks('client').acks('server');
  }

  /** A RST with ACK, as an aborting end sends. */
  resetBy(side: Side): this {
    return this.segment(side, 'R.');
  }

  fin(side: Side): this {
    return this.segment(side, 'F.');
  }

  /** Any one segment at the numbers where the talk stands; `seq`, `ack` and `extra` say what is particular. */
  segment(
    side: Side,
    flags: string,
    length = 0,
    { seq = this.next[side], ack = this.next[other(side)], extra = '' }: SegmentOptions = {},
  ): this {
    const acking = flags.includes('.') ? ` ack ${ack}` : '';
    const range = `${seq}:${(seq + length) >>> 0}(${length})`;
    this.line(
      `${arrow(side)}  ${flags.padEnd(2)} ${range}${acking} ${extra.includes('<') ? '' : this.stamp(side)} ${extra}`,
    );
    this.#echo[other(side)] = this.clock(side, this.time - this.rtt);
    const consumed = length + (flags.includes('F') ? 1 : 0) + (flags.includes('S') ? 1 : 0);
    if (seq === this.next[side]) this.next[side] = (seq + consumed) >>> 0;
    return this;
  }

  /** A line as it is, without its time; the talk's own numbers do not move. */
  line(text: string): this {
    this.#lines.push(`${this.time.toFixed(6)}  ${text}`.trimEnd());
    this.time += this.rtt;
    return this;
  }

  #syn(side: Side, flags: string): this {
    const extra = this.#clocks === null ? '<mss 1460, sackOK, wscale 7>' : this.#synStamp(side);
    return this.segment(side, flags, 0, { extra });
  }

  #synStamp(side: Side): string {
    return `<mss 1460, sackOK, ${this.stamp(side).slice(1, -1)}, wscale 7>`;
  }
}

interface SegmentOptions {
  readonly seq?: number;
  readonly ack?: number;
  readonly extra?: string;
}

/** A connection after its handshake. */
export function established(options: TalkOptions = {}): Talk {
  return new Talk(options).opens();
}

/** A connection whose handshake is not in the capture: it begins in the middle. */
export function midway(options: TalkOptions = {}): Talk {
  return new Talk(options).underWay();
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

function arrow(side: Side): string {
  return side === 'client' ? 'A > B' : 'B > A';
}
