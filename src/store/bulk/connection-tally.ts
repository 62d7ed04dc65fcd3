import { CONNECTION_ROW, OUTCOME_BITS } from '../../flow/row-layout.js';

/** More groups than this are not counted: a summary then counts the rows. */
export const MAX_GROUPS = 1 << 17;
/** After so many groups, those of connections that nobody closed first (a scan of many ports) are counted without service. */
export const MAX_SERVICES = 1 << 16;
/** Stands for address and port of the service of such groups. */
export const NO_SERVICE = 0;
const FIRST_GROUPS = 1 << 8;
const NONE = -1;

const SERVER = CONNECTION_ROW.columns.indexOf('server_address');
const PORTS = CONNECTION_ROW.columns.indexOf('ports');
const OUTCOME = CONNECTION_ROW.columns.indexOf('outcome');
const RESET = CONNECTION_ROW.columns.indexOf('reset');
const CLIENT_PACKETS = CONNECTION_ROW.columns.indexOf('client_packets');
const SERVER_PACKETS = CONNECTION_ROW.columns.indexOf('server_packets');

/** What one group of connections has in common, and how many there are. */
export interface TallyGroup {
  /** Address id; with `NO_SERVICE` here and as port: of several services, none of whose connections anybody closed first. */
  readonly server: number;
  readonly serverPort: number;
  /** `connection_row.outcome` without the Zeek code. */
  readonly outcome: number;
  readonly reset: number;
  readonly connections: number;
  /** Of those, connections of which only one side was seen. */
  readonly oneSided: number;
  /** The lowest id in it; -1: that one has left the group, and the next is not known. */
  readonly firstId: number;
}

/** Offsets in the numbers of a group. */
const enum Group {
  SERVER = 0,
  PORT = 1,
  OUTCOME = 2,
  RESET = 3,
  CONNECTIONS = 4,
  ONE_SIDED = 5,
  FIRST_ID = 6,
  VALUES = 7,
}

/**
 * Counts connection rows by service, outcome and reset as they are written, so that nobody need read half a million rows
 * again to say how many there were of each. Allocates nothing a row.
 */
export class ConnectionTally {
  #values = new Float64Array(FIRST_GROUPS * Group.VALUES);
  /** Groups by the hash of their first four numbers, open addressing; at most half full. */
  #places = new Int32Array(2 * FIRST_GROUPS).fill(NONE);
  #groups = 0;
  #tooMany = false;

  /** Counts the row (as CONNECTION_ROW) that begins at `at`; `weight` -1 takes it out again. */
  add(row: Float64Array, at: number, weight: 1 | -1): void {
    if (this.#tooMany) return;
    const outcome = row[at + OUTCOME]! >>> 0; // the Zeek code begins at bit 32
    const group = this.#groupOf(row[at + SERVER]!, row[at + PORTS]! & 0xffff, outcome, row[at + RESET]!);
    if (group === NONE) return;
    const values = this.#values;
    const id = row[at]!;
    const first = values[group + Group.FIRST_ID]!;
    const before = values[group + Group.CONNECTIONS]!;
    values[group + Group.CONNECTIONS] = before + weight;
    if ((row[at + CLIENT_PACKETS] === 0) !== (row[at + SERVER_PACKETS] === 0))
      values[group + Group.ONE_SIDED]! += weight;
    if (weight === 1) {
      if (before === 0 || (first !== NONE && id < first)) values[group + Group.FIRST_ID] = id;
    } else if (id === first) {
      values[group + Group.FIRST_ID] = NONE;
    }
  }

  /** All groups; none where there were too many to count. */
  *groups(): Generator<TallyGroup> {
    if (this.#tooMany) return;
    const values = this.#values;
    for (let at = 0; at < this.#groups * Group.VALUES; at += Group.VALUES) {
      if (values[at + Group.CONNECTIONS] === 0) continue;
      yield {
        server: values[at + Group.SERVER]!,
        serverPort: values[at + Group.PORT]!,
        outcome: values[at + Group.OUTCOME]!,
        reset: values[at + Group.RESET]!,
        connections: values[at + Group.CONNECTIONS]!,
        oneSided: values[at + Group.ONE_SIDED]!,
        firstId: values[at + Group.FIRST_ID]!,
      };
    }
  }

  /** Where the numbers of that group begin; made where there is none yet. NONE: there are too many. */
  #groupOf(server: number, port: number, outcome: number, reset: number): number {
    const known = this.#find(server, port, outcome, reset);
    if (known !== NONE) return known;
    // A row whose group has no service was never counted with one, for groups stay: what is taken out is found again.
    if (this.#groups < MAX_SERVICES || isClosedFirst(outcome)) return this.#open(server, port, outcome, reset);
    const merged = this.#find(NO_SERVICE, NO_SERVICE, outcome, reset);
    return merged !== NONE ? merged : this.#open(NO_SERVICE, NO_SERVICE, outcome, reset);
  }

  #find(server: number, port: number, outcome: number, reset: number): number {
    const mask = this.#places.length - 1;
    const values = this.#values;
    for (let place = hash(server, port, outcome, reset) & mask; ; place = (place + 1) & mask) {
      const group = this.#places[place]!;
      if (group === NONE) return NONE;
      const at = group * Group.VALUES;
      if (
        values[at + Group.OUTCOME] === outcome &&
        values[at + Group.SERVER] === server &&
        values[at + Group.PORT] === port &&
        values[at + Group.RESET] === reset
      )
        return at;
    }
  }

  #open(server: number, port: number, outcome: number, reset: number): number {
    if (this.#groups === MAX_GROUPS) {
      this.#tooMany = true;
      return NONE;
    }
    if ((this.#groups + 1) * Group.VALUES > this.#values.length) this.#grow();
    const at = this.#groups * Group.VALUES;
    this.#values[at + Group.SERVER] = server;
    this.#values[at + Group.PORT] = port;
    this.#values[at + Group.OUTCOME] = outcome;
    this.#values[at + Group.RESET] = reset;
    this.#place(this.#groups++);
    return at;
  }

  #grow(): void {
    const values = new Float64Array(2 * this.#values.length);
    values.set(this.#values);
    this.#values = values;
    this.#places = new Int32Array(2 * this.#places.length).fill(NONE);
    for (let group = 0; group < this.#groups; group++) this.#place(group);
  }

  #place(group: number): void {
    const values = this.#values;
    const at = group * Group.VALUES;
    const mask = this.#places.length - 1;
    let place =
      hash(
        values[at + Group.SERVER]!,
        values[at + Group.PORT]!,
        values[at + Group.OUTCOME]!,
        values[at + Group.RESET]!,
      ) & mask;
    while (this.#places[place] !== NONE) place = (place + 1) & mask;
    this.#places[place] = group;
  }
}

/** Whether it is known who closed first. */
function isClosedFirst(outcome: number): boolean {
  const { shift, width } = OUTCOME_BITS.closed_first;
  return ((outcome >>> shift) & (2 ** width - 1)) !== 0;
}

function hash(server: number, port: number, outcome: number, reset: number): number {
  let h = Math.imul(server, 0x9e3779b1) ^ Math.imul(port, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^ Math.imul(outcome, 0x2c1b3c6d) ^ Math.imul(reset, 0x297a2d39);
  h = Math.imul(h ^ (h >>> 13), 0x85ebca6b);
  return h ^ (h >>> 16);
}
