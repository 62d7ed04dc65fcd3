import { ConnectionFlag, EndFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import type { Story } from '../flow/story.js';
import { judgeClose } from './closes/close-verdict.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne, NewFinding } from './findings.js';
import { grouped } from './numbers.js';
import { PortTallies, type PortTally } from './ports/port-tallies.js';

const meta: DetectorMeta = {
  id: 'port-reuse',
  summary:
    'Four-tuples that a new connection took over though the one before was never closed, once for each server port',
  references: ['RFC 9293 §3.5.1', 'RFC 9293 §3.10.7.4', 'RFC 9293 §3.4.3'],
  findings: {
    'port-reuse-no-close':
      'A SYN was accepted on a four-tuple whose connection had ended neither by a FIN nor by a reset',
  },
  explanation: `
Two connections on one four-tuple, both with their whole handshake, and of the earlier one neither a FIN nor a reset that
took effect. A host that still has the earlier connection answers the SYN with a challenge ACK (RFC 9293 §3.10.7.4), so
where a SYN-ACK came at once, neither end had it any more: both were started again, or lost it with a device between, or
gave it up in silence. It is a notice where the SYN was challenged first, or came before TIME_WAIT would have
been over had the connection been closed (--time-wait): its late segments can be taken for those of the new one, which is
what the quiet time of RFC 9293 §3.4.3 prevents. Later it is for information.

What else can look the same: a close that the capture lost or that took another way (so the confidence is likely at most,
and weak where the recording's clock went back); another host behind the same address (a load balancer, a NAT) that never
had the earlier connection; a recording that was put together of several. Nothing is said where the capture did not hold
both handshakes, or where segments of either connection are missing in it.`,
};

export const portReuse: Detector = {
  meta,
  create: (context, findings) => new PortReuses(context, findings),
};

/** The connections told of one by one in the evidence. */
const WORST = 5;

/** One connection in the place of another. */
interface TakenOver {
  readonly previousId: number;
  /** Of the connection that took its place, and of the SYN that opened that one. */
  readonly connectionId: number;
  readonly capture: number;
  readonly frame: number;
  readonly ns: number;
  /** From the last segment of the one before to that SYN, ns; below zero: segments of it came later still. */
  readonly gapNs: number;
  readonly challenged: boolean;
}

/** What is counted for one server port; its addresses are the clients. */
interface Reuses {
  /** Challenged ones first, then by their gaps. */
  readonly worst: TakenOver[];
  challenged: number;
  /** Those whose SYN came before TIME_WAIT would have been over. */
  soon: number;
}

/** Counts connections that were taken over without a close, and tells of them when the capture is over. */
class PortReuses implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;
  readonly #tallies: PortTallies<Reuses>;

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    this.#context = context;
    this.#findings = findings;
    this.#tallies = new PortTallies(context.name, () => ({ worst: [], challenged: 0, soon: 0 }));
  }

  onReplacedLeaves(c: ConnectionView, story: Story | null): void {
    if (judgeClose(c, story, this.#context.now).close !== 'replaced') return;
    const next = this.#context.after(c);
    if (next !== null) this.#onReplaced(c, story, next);
  }

  /** The last word on `c`, of which no close was seen; `next` is the connection that was accepted in its place. */
  #onReplaced(c: ConnectionView, story: Story | null, next: ConnectionView): void {
    if (!isWhole(c, story) || !isWhole(next, this.#context.storyOf(next))) return;
    const reuse: TakenOver = {
      previousId: c.id,
      connectionId: next.id,
      capture: next.firstCapture,
      frame: next.firstFrame,
      ns: next.firstNs,
      gapNs: next.firstNs - c.lastNs,
      challenged: next.has(ConnectionFlag.CHALLENGED),
    };
    const tally = this.#tallies.count(c, c.client.index);
    tally.lastNs = Math.max(tally.lastNs, reuse.ns);
    if (reuse.challenged) tally.challenged++;
    if (reuse.gapNs < this.#context.timeWaitNs) tally.soon++;
    const place = tally.worst.findIndex((other) => isWorse(reuse, other));
    tally.worst.splice(place < 0 ? tally.worst.length : place, 0, reuse);
    if (tally.worst.length > WORST) tally.worst.pop();
  }

  finish(): void {
    for (const tally of this.#tallies.all()) this.#findings.report(finding(tally, this.#context.clockStepped));
  }
}

/** Whether the capture holds the handshake, and nothing shows that it lacks segments. */
function isWhole(c: ConnectionView, story: Story | null): boolean {
  return (
    c.has(ConnectionFlag.SYN) &&
    c.has(ConnectionFlag.SYN_ACK) &&
    c.has(ConnectionFlag.HANDSHAKE) &&
    !c.client.has(EndFlag.ACKED_UNSEEN) &&
    !c.server.has(EndFlag.ACKED_UNSEEN) &&
    (story === null || story.holes.every((holes) => holes.length === 0))
  );
}

function isWorse(a: TakenOver, b: TakenOver): boolean {
  return a.challenged === b.challenged ? a.gapNs < b.gapNs : a.challenged;
}

function finding(tally: PortTally & Reuses, clockStepped: boolean): NewFinding {
  const { server, connections, addresses, challenged, soon } = tally;
  const worst = tally.worst[0]!;
  const many = `the four-tuples of ${grouped(connections)} connections (${addresses.counted('client', 'clients')})`;
  const unclosed = 'no FIN or reset had closed';
  return {
    kind: 'port-reuse-no-close',
    severity: soon > 0 || challenged > 0 ? 'notice' : 'info',
    confidence: clockStepped ? 'weak' : 'likely',
    connectionId: worst.connectionId,
    captureId: worst.capture,
    frame: worst.frame,
    atRel: worst.ns,
    summary:
      connections === 1
        ? `${server} accepted a SYN on the four-tuple of a connection that ${unclosed}, ${gap(worst)}: ${why(challenged, 1)}.`
        : `${server} accepted SYNs on ${many} that ${unclosed}, ${worst.challenged ? 'a challenged one' : 'the soonest'} ${gap(worst)}: ${why(challenged, connections)}.`,
    evidence: {
      previous_connection_id: worst.previousId,
      server,
      connections,
      ...addresses.evidence('clients'),
      challenged,
      within_time_wait: soon,
      worst: tally.worst.map((reuse) => ({
        connection_id: reuse.connectionId,
        previous_connection_id: reuse.previousId,
        capture_id: reuse.capture,
        syn_frame: reuse.frame,
        gap_s: reuse.gapNs / 1e9,
        challenged: reuse.challenged,
      })),
    },
  };
}

function gap({ gapNs }: TakenOver): string {
  if (gapNs < 0) return 'while segments of it still came';
  const seconds = gapNs / 1e9;
  return `${seconds < 10 ? seconds.toPrecision(2) : seconds.toFixed(0)} s after its last segment`;
}

/** What a SYN-ACK, at once or after a challenge ACK, shows of who still had the connection. */
function why(challenged: number, connections: number): string {
  const lost = 'neither end had it any more, or its close was not captured';
  if (challenged === 0) return lost;
  const half = 'a challenge ACK came first, so the server still had it and the client had not';
  return challenged === connections ? half : `of ${grouped(challenged)} ${half}; of the others ${lost}`;
}
