import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import type { LoneSyn } from '../flow/lone-syn.js';
import type { Story } from '../flow/story.js';
import type { Vantage } from '../flow/vantage.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne, NewFinding } from './findings.js';
import { counted, grouped } from './numbers.js';
import { BusiestSeconds } from './ports/busiest-seconds.js';
import { PortTallies, isOfManyPorts, type Countable, type PortTally } from './ports/port-tallies.js';
import { scanFinding, splitScans, type UnansweredTally } from './unanswered-scan.js';

const meta: DetectorMeta = {
  id: 'unfinished-handshake',
  summary:
    'SYNs that nobody answered, accept and SYN queues that were full, and floods of SYNs, told once for each server port',
  references: [
    'RFC 9293 §3.8.3',
    'RFC 4987 §2.2',
    'Linux tcp_abort_on_overflow, tcp_synack_retries, tcp_max_syn_backlog',
  ],
  findings: {
    'unanswered-syns': 'SYNs to a port got no answer at all',
    'unanswered-scan': 'SYNs of one address to many ports got no answer at all, from any of them',
    'accept-queue-full':
      'A server repeated its SYN-ACK after the ACK for it had passed: its accept queue was full, or it defers, or the ACK was lost',
    'syn-queue-full':
      'A server left SYNs unanswered while many of its SYN-ACKs waited for their ACK: its SYN queue was full, perhaps',
    'syn-flood': 'Very many SYN-ACKs of a port were never acknowledged, in a short time',
  },
  explanation: `
A SYN without any answer: neither SYN-ACK nor reset nor challenge ACK, though at least a second of the capture follows or
the SYN was repeated. A SYN-ACK sent again after its ACK passed the tap: Linux ignores that ACK where the accept queue is
full (tcp_abort_on_overflow=0). Told apart from it: SYNs of a port left unanswered while eight or more of its SYN-ACKs
waited for an ACK that never came, and no SYN-ACK was sent again after its ACK, are a hint that the SYN queue was full
(RFC 4987 §2.2); only where the tap was at the server, for elsewhere nobody knows that the SYNs arrived. A flood: at
least 100 SYN-ACKs of one port without their ACK, whose SYNs came within ten seconds.

Where one address, and no other, found 25 ports or more without an answer, they are told as one: a scan, or somebody behind
a link that is down or filtered. "At least" stands where there were more ports than are told apart.

Where clients act on SYN-ACKs of a port that were not captured, or on those of any port in a capture that holds one
direction of everything, nothing is told of SYNs without an answer: it may have taken another way.

What else can look the same: a full accept queue leaves SYNs unanswered, too (Linux drops them), and so do a filter or a
rate limit on the server itself; with SYN cookies a full SYN queue is not seen at all. A firewall that drops, a host that is not there, loss behind the tap, and a full SYN queue
all leave SYNs unanswered; only a tap at the server shows that they arrived. An ACK lost behind the tap has the SYN-ACK
sent again, too: one such case says little. Nothing is told where SYN-ACKs with two numbers came for one SYN: with several
servers behind an address, the ACK may have gone to the other one. A listener with TCP_DEFER_ACCEPT (nginx: deferred) ignores that ACK until its
client sends data, and sends the SYN-ACK again once, when it will not wait any longer: it is a full queue, most likely,
where, on half of the connections told or more, it is sent again more than once, or after data, which a full queue ignores as well. Scanners leave as many handshakes unfinished as a flood.`,
};

export const unfinishedHandshake: Detector = {
  meta,
  create: (context, findings) => new UnfinishedHandshakes(context, findings),
};

/** An unanswered SYN this close to the end of the capture may have been answered after it, ns. */
const ANSWER_NS = 1e9;
/** SYN-ACKs without their ACK that make a flood, where their SYNs came within so many seconds. */
const FLOOD = 100;
const FLOOD_SECONDS = 10;
/** Half-open connections and unanswered SYNs of one port that make a hint of a full SYN queue. */
const QUEUE_LEAST = 8;
/** A half-open connection holds its place in the queue for so long after its SYN-ACK, ns (Linux: five retries, 63 s). */
const HALF_OPEN_NS = 63e9;
type Kind = 'unanswered-syns' | 'accept-queue-full' | 'syn-flood';

/** What is counted for one server port; its addresses are the clients. */
type Tally = PortTally & Counts;

interface Counts {
  /** Address of the client that was counted first. */
  readonly client: string;
  /** Address of the server: its family and value. */
  readonly family: number;
  readonly serverAddress: number;
  copies: number;
  /** Connections on which a SYN-ACK was sent again more than once, or data or a FIN of the client were ignored, too. */
  insistent: number;
  /** By their SYNs. */
  readonly busiest: BusiestSeconds;
  /** The first sign, where that is not the SYN: a SYN-ACK that was sent again. */
  sign: { readonly capture: number; readonly frame: number; readonly ns: number } | null;
}

/** Counts handshakes that came to nothing, and tells of them when the capture is over. */
class UnfinishedHandshakes implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;
  readonly #tallies: Readonly<Record<Kind, PortTallies<Counts>>>;
  /** Ports whose SYN-ACKs were not captured, though clients act on them. */
  readonly #oneWay: PortTallies<object>;
  #anyOneWay = false;
  /** Both ends of some connection were heard. */
  #anyTwoWay = false;

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    const { name, address } = context;
    this.#context = context;
    this.#findings = findings;
    this.#oneWay = new PortTallies(name, () => ({}));
    const tallies = (): PortTallies<Counts> =>
      new PortTallies(name, (c, client) => ({
        client: address(c, client),
        copies: 0,
        insistent: 0,
        busiest: new BusiestSeconds(FLOOD_SECONDS),
        family: c.family,
        serverAddress: c.address(1 - client),
        sign: null,
      }));
    this.#tallies = { 'unanswered-syns': tallies(), 'accept-queue-full': tallies(), 'syn-flood': tallies() };
  }

  /** A close is complete, and so both ends of that connection were heard. */
  onTimeWait(): void {
    this.#anyTwoWay = true;
  }

  onLeave(c: ConnectionView, story: Story | null): void {
    if (c.client.heard && c.server.heard) this.#anyTwoWay = true;
    else if (c.has(ConnectionFlag.SYN) && !c.has(ConnectionFlag.ATTEMPT) && !c.server.heard) {
      this.#anyOneWay = true;
      this.#oneWay.count(c, c.client.index);
    }
    if (c.has(ConnectionFlag.ATTEMPT)) {
      if (c.has(ConnectionFlag.REFUSED | ConnectionFlag.CHALLENGED | ConnectionFlag.RESET)) return;
      if (c.server.heard || (story?.timeWaitSyn ?? null) !== null) return;
      if (c.syns > 1 || this.#isLongSilent(c)) this.#count('unanswered-syns', c, c.syns - 1);
    } else if (c.has(ConnectionFlag.SYN) && c.has(ConnectionFlag.SYN_ACK)) {
      if (!c.has(ConnectionFlag.HANDSHAKE)) {
        if (this.#context.acksLeftOut && c.synAcks < 2) return; // only a SYN-ACK that came again shows there that none had arrived
        if (!c.has(ConnectionFlag.RESET | ConnectionFlag.REPLACED) && this.#isLongSilent(c))
          this.#count('syn-flood', c, c.synAcks - 1);
      } else if (story !== null && story.synAcksAgain > 0 && !story.severalIsns) {
        const tally = this.#count('accept-queue-full', c, story.synAcksAgain);
        tally.sign ??= story.synAckAgain;
        if (story.synAcksAgain > 1 || story.synAckAfterData) tally.insistent++;
      }
    }
  }

  onLoneSynLeaves(syn: LoneSyn): void {
    if (this.#isLongSilent(syn)) this.#count('unanswered-syns', syn, 0);
  }

  #isLongSilent({ lastNs }: Countable): boolean {
    return this.#context.now - lastNs >= ANSWER_NS;
  }

  finish(): void {
    const report = (finding: NewFinding): void => this.#findings.report(finding);
    const unanswered = [...this.#tallies['unanswered-syns'].all()].filter((tally) => !this.#passElsewhere(tally));
    const { scans, others } = splitScans(unanswered);
    for (const scan of scans) {
      const arrived = scan.every((tally) => this.#isAtTap(tally));
      report(scanFinding(scan, this.#tapOf(arrived), this.#anyTwoWay));
    }
    const told = {
      'unanswered-syns': others,
      'accept-queue-full': this.#tallies['accept-queue-full'].all(),
      'syn-flood': [...this.#tallies['syn-flood'].all()].filter(isFlood),
    };
    for (const kind of ['unanswered-syns', 'accept-queue-full', 'syn-flood'] as const)
      for (const tally of told[kind]) report(finding(kind, tally, this.#tapOf(this.#isAtTap(tally)), this.#anyTwoWay));
    for (const [key, unanswered] of this.#tallies['unanswered-syns'].ofPorts()) {
      if (!this.#isAtTap(unanswered)) continue; // nobody knows that the SYNs arrived
      const halfOpen = this.#tallies['syn-flood'].ofPort(key);
      if (halfOpen === undefined || this.#tallies['accept-queue-full'].ofPort(key) !== undefined) continue;
      if (mayFillQueue(halfOpen, unanswered)) report(queueFinding(unanswered, halfOpen));
    }
  }

  /** Whether answers of that port are known to take another way than past the tap, or all answers of the recording. */
  #passElsewhere({ key }: Tally): boolean {
    return this.#oneWay.ofPort(key) !== undefined || (this.#anyOneWay && !this.#anyTwoWay);
  }

  #count(kind: Kind, c: Countable, copies: number): Tally {
    const tally = this.#tallies[kind].count(c, c.client.index);
    tally.copies += copies;
    if (kind === 'syn-flood') tally.busiest.count(c.firstNs);
    return tally;
  }

  /** Whether what is sent to the server arrives there, for the capture was taken there; false also where nobody knows. */
  #isAtTap(tally: UnansweredTally): boolean {
    return !isOfManyPorts(tally) && this.#context.surroundings.isAtTap(tally.family, tally.serverAddress);
  }

  #tapOf(isAtServer: boolean): Vantage | null {
    if (isAtServer) return 'server';
    const { vantage } = this.#context;
    return vantage === 'server' ? null : vantage; // that of other servers
  }
}

function isFlood(tally: Tally): boolean {
  return tally.busiest.most >= FLOOD;
}

/** Whether so many were half-open, from before the first SYN without an answer on. */
function mayFillQueue(halfOpen: Tally, unanswered: Tally): boolean {
  return (
    halfOpen.connections >= QUEUE_LEAST &&
    unanswered.connections >= QUEUE_LEAST &&
    halfOpen.firstNs <= unanswered.firstNs &&
    unanswered.firstNs <= halfOpen.lastNs + HALF_OPEN_NS
  );
}

function queueFinding(unanswered: Tally, halfOpen: Tally): NewFinding {
  const { server, connections, addresses } = unanswered;
  return {
    kind: 'syn-queue-full',
    severity: 'warning',
    confidence: isFlood(halfOpen) ? 'likely' : 'weak',
    connectionId: unanswered.connectionId,
    captureId: unanswered.capture,
    frame: unanswered.frame,
    atRel: unanswered.firstNs,
    summary: `${server} left ${counted(connections, 'attempt', 'attempts')} of ${addresses.counted('address', 'addresses')} unanswered, though they arrived, while ${counted(halfOpen.connections, 'SYN-ACK', 'SYN-ACKs')} of it waited for an ACK that never came: its SYN queue was full, perhaps; its accept queue shows no sign of it.`,
    evidence: {
      server,
      connections,
      ...addresses.evidence('clients'),
      half_open: halfOpen.connections,
      first_half_open_frame: halfOpen.frame,
      tap: 'server',
    },
  };
}

/** `tap`: where the SYNs were captured; `anyTwoWay`: the recording holds both directions of some connection. */
function finding(kind: Kind, tally: Tally, tap: Vantage | null, anyTwoWay: boolean): NewFinding {
  const { server, connections, copies, insistent, addresses } = tally;
  const from = addresses.counted('address', 'addresses');
  const seconds = ((tally.lastNs - tally.firstNs) / 1e9).toFixed(1);
  const atServer = tap === 'server';
  const busiest = tally.busiest.most;
  const sign = tally.sign ?? { capture: tally.capture, frame: tally.frame, ns: tally.firstNs };
  // Once for each, after nothing but an ACK, is what Linux does at the end of TCP_DEFER_ACCEPT, too, and what lost ACKs bring.
  const strong = kind === 'accept-queue-full' ? 2 * insistent >= connections : atServer;
  const deferred = 'its accept queue was full, or it waits for data before it accepts (TCP_DEFER_ACCEPT)';
  const why = strong
    ? 'its accept queue was full, most likely'
    : `${deferred}${atServer ? '' : ', or the ACK was lost behind the tap'}`;
  const summary = {
    'unanswered-syns': `${counted(connections, 'attempt', 'attempts')} to connect to ${server} from ${from} got no answer${tally.lastNs > tally.firstNs ? `, in ${seconds} s` : ''}${copies === 0 ? '' : ` (${counted(copies, 'SYN was', 'SYNs were')} sent again)`}${atServer ? '; they arrived, for the capture was taken there' : ''}${anyTwoWay ? '' : '; but the capture holds no answer to anybody, and may have been made of one direction only'}.`,
    'accept-queue-full': `${server} sent its SYN-ACK again after the ACK for it had passed, ${counted(copies, 'time', 'times')} on ${counted(connections, 'connection', 'connections')} from ${from}: ${why}.`,
    'syn-flood': `${counted(connections, 'SYN-ACK', 'SYN-ACKs')} of ${server} to ${from} were never acknowledged, in ${seconds} s, ${grouped(busiest)} of them within ${FLOOD_SECONDS} s: a flood of SYNs, or a scan.`,
  }[kind];
  const isHint = kind === 'unanswered-syns' || (kind === 'accept-queue-full' && !strong);
  return {
    kind,
    severity: isHint ? 'notice' : 'warning',
    confidence: strong || kind === 'syn-flood' ? 'likely' : 'weak',
    connectionId: tally.connectionId,
    captureId: sign.capture,
    frame: sign.frame,
    atRel: sign.ns,
    summary,
    evidence: {
      server,
      connections,
      ...addresses.evidence('clients'),
      copies,
      seconds: Number(seconds),
      tap,
      two_way: anyTwoWay,
      ...(kind === 'syn-flood' ? { busiest_10_s: busiest } : {}),
    },
  };
}
