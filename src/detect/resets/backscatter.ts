import { ConnectionFlag } from '../../flow/connection-table.js';
import type { ConnectionView, EndView } from '../../flow/connection-view.js';
import type { Story } from '../../flow/story.js';
import type { NewFinding } from '../findings.js';
import { DistinctAddresses } from '../ports/distinct-addresses.js';
import { portKey, type EndName } from '../ports/port-key.js';

/** Addresses that must get answers to nothing before this is called backscatter. */
const LEAST_RECEIVERS = 5;
const MAX_PORTS = 4096;
/** Bits that remember who sent a SYN, by a hash of the address. */
const BITS = 1 << 20;
/** Senders of SYNs that are noted together: each bit alone would be waited for, the memory for all of them comes at once. */
const NOTED_TOGETHER = 256;

/** Answers of one port to addresses that had asked for nothing. */
interface Tally {
  readonly connectionId: number;
  readonly capture: number;
  readonly frame: number;
  readonly firstNs: number;
  lastNs: number;
  readonly name: string;
  readonly receivers: DistinctAddresses;
}

/**
 * Answers to SYNs that somebody else sent in others' names (close-rules 7.3, `syn_flood_backscatter`): SYN-ACKs and resets
 * of one port to several addresses, none of which sent a SYN or anything else in this capture.
 */
export class Backscatter {
  /** May say of an address that it sent a SYN though it did not; never the other way about. */
  readonly #synSenders = new Uint32Array(BITS / 32);
  /** Bits that are still to be set, and how many. */
  readonly #waiting = new Int32Array(NOTED_TOGETHER);
  #waitingCount = 0;
  readonly #tallies = new Map<number, Tally>();
  /** Ports that were heard to say more, without their peers: then this capture misses one direction. */
  readonly #oneWay = new Set<number>();

  /** A SYN of `end`. */
  onSyn(c: ConnectionView, end: number): void {
    this.#waiting[this.#waitingCount++] = bitOf(c.family, c.address(end));
    if (this.#waitingCount === NOTED_TOGETHER) this.#noteSenders();
  }

  #noteSenders(): void {
    const senders = this.#synSenders;
    for (let i = 0; i < this.#waitingCount; i++) {
      const bit = this.#waiting[i]!;
      senders[bit >>> 5]! |= 1 << (bit & 31);
    }
    this.#waitingCount = 0;
  }

  /** A connection settles or leaves: whether it counts among them. `name` gives address and port of an end. */
  note(c: ConnectionView, story: Story | null, name: EndName): void {
    const sender = onlySender(c);
    if (sender === null) return;
    const key = portKey(c, sender.index);
    if (!saidOnlyAnswers(c, sender, story)) {
      if (this.#oneWay.size < MAX_PORTS) this.#oneWay.add(key);
      return;
    }
    if (this.#sentSyn(c, 1 - sender.index)) return;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= MAX_PORTS) return;
      const { id: connectionId, firstCapture: capture, firstFrame: frame, firstNs, lastNs } = c;
      tally = {
        connectionId,
        capture,
        frame,
        firstNs,
        lastNs,
        name: name(c, sender.index),
        receivers: new DistinctAddresses(),
      };
      this.#tallies.set(key, tally);
    }
    tally.lastNs = Math.max(tally.lastNs, c.lastNs);
    tally.receivers.add(c.address(1 - sender.index));
  }

  /** Whether a connection is one of many such. */
  includes(c: ConnectionView, story: Story): boolean {
    const sender = onlySender(c);
    if (sender === null || !saidOnlyAnswers(c, sender, story) || this.#sentSyn(c, 1 - sender.index)) return false;
    return this.#isKnown(portKey(c, sender.index));
  }

  finish(report: (finding: NewFinding) => void): void {
    for (const [key, tally] of this.#tallies) if (this.#isKnown(key)) report(finding(tally));
  }

  #isKnown(key: number): boolean {
    if (this.#oneWay.size >= MAX_PORTS || this.#oneWay.has(key)) return false; // so many: one direction is missing
    return (this.#tallies.get(key)?.receivers.size ?? 0) >= LEAST_RECEIVERS;
  }

  #sentSyn(c: ConnectionView, end: number): boolean {
    if (this.#waitingCount > 0) this.#noteSenders();
    const bit = bitOf(c.family, c.address(end));
    return ((this.#synSenders[bit >>> 5]! >>> (bit & 31)) & 1) !== 0;
  }
}

/** The end that was heard where the other never was; null: both were. */
function onlySender(c: ConnectionView): EndView | null {
  if (c.client.heard === c.server.heard || c.has(ConnectionFlag.SYN)) return null;
  return c.client.heard ? c.client : c.server;
}

function saidOnlyAnswers(c: ConnectionView, sender: EndView, story: Story | null): boolean {
  return sender.packets === c.synAcks + (story?.resetCount ?? 0) && sender.bytes === 0;
}

function bitOf(family: number, address: number): number {
  const h = Math.imul(address ^ (family << 24), 0x9e3779b1);
  return (h ^ (h >>> 13)) & (BITS - 1);
}

function finding(tally: Tally): NewFinding {
  const { name, receivers } = tally;
  const seconds = ((tally.lastNs - tally.firstNs) / 1e9).toFixed(1);
  return {
    kind: 'backscatter',
    severity: 'notice',
    confidence: 'likely',
    connectionId: tally.connectionId,
    captureId: tally.capture,
    frame: tally.frame,
    atRel: tally.firstNs,
    summary: `${name} answered ${receivers.counted('address', 'addresses')} that had sent nothing in this capture with SYN-ACKs or resets, in ${seconds} s: somebody else most likely sends it SYNs in their names.`,
    evidence: { sender: name, ...receivers.evidence('receivers'), seconds: Number(seconds) },
  };
}
