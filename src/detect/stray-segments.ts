import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView, EndView } from '../flow/connection-view.js';
import type { Story } from '../flow/story.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne, NewFinding } from './findings.js';
import { counted, grouped, roughly } from './numbers.js';
import { PortTallies, type PortTally } from './ports/port-tallies.js';

const meta: DetectorMeta = {
  id: 'stray-segments',
  summary: 'Segments that belong to no connection of the capture, told once for each port',
  references: ['RFC 9293 §3.5.2', 'RFC 9293 §3.5.1'],
  findings: {
    stray:
      'Segments came without a handshake, long after the capture began, and nothing but resets or silence answered them',
  },
  explanation: `
A segment without SYN on a four-tuple that this capture does not know, a minute or more after the capture began, with
nothing after it but its own copies: it was answered with a reset (RFC 9293 §3.5.2: the host has no such connection), or
never. Such segments are left over from connections that ended long ago at the other end (a host that was started again,
a firewall or load balancer that lost its table), or are sent by scanners.

What else can look the same: a connection from before the capture that was idle until then, whose peer answers by another
way than past the tap, or has just gone; a handshake that was not captured. A four-tuple that left memory for want of
it (--max-memory) is not counted. So the confidence is likely where a reset
answered, weak where nothing did, and weak where the recording's clock went back.`,
};

export const straySegments: Detector = {
  meta,
  create: (context, findings) => new StraySegments(context, findings),
};

/** Connections from before the capture are heard by then, unless they are idle, ns. */
const LONG_AFTER_NS = 60e9;
/** A segment this close to the end of the capture may have been answered after it, ns. */
const ANSWER_NS = 1e9;
/** Segments of one stray four-tuple that are no copies: data and the FIN behind it. More is a conversation. */
const MOST_SEGMENTS = 2;
/** What is counted for one server port; its addresses are the senders. */
interface Strays {
  segments: number;
  /** Of the connections, those that a reset answered. */
  answered: number;
}

/** Counts segments without a connection, and tells of them when the capture is over. */
class StraySegments implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;
  readonly #tallies: PortTallies<Strays>;

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    this.#context = context;
    this.#findings = findings;
    this.#tallies = new PortTallies(context.name, () => ({ segments: 0, answered: 0 }));
  }

  onLeave(c: ConnectionView, story: Story | null): void {
    if (c.has(ConnectionFlag.SYN | ConnectionFlag.SYN_ACK | ConnectionFlag.RESUMED)) return;
    if (c.firstNs - this.#context.beganNs < LONG_AFTER_NS) return;
    const sender = isStray(c.client, c.server, story) ? c.client : isStray(c.server, c.client, story) ? c.server : null;
    if (sender === null) return;
    const answered = (sender === c.client ? c.server : c.client).heard;
    if (!answered && this.#context.now - c.lastNs < ANSWER_NS) return;
    const tally = this.#tallies.count(c, sender.index);
    tally.segments += sender.packets - resetsOf(sender, story);
    if (answered) tally.answered++;
  }

  finish(): void {
    const { beganNs, clockStepped } = this.#context;
    for (const tally of this.#tallies.all()) this.#findings.report(finding(tally, beganNs, clockStepped));
  }
}

/** Whether `end` sent a segment or two, copies aside, and `other` said nothing but resets that came after. */
function isStray(end: EndView, other: EndView, story: Story | null): boolean {
  const segments = end.packets - resetsOf(end, story);
  if (segments === 0 || segments - end.retransmissions > MOST_SEGMENTS) return false;
  if (other.packets !== resetsOf(other, story)) return false;
  return story === null || story.resets.every((reset) => reset.end === end.index || reset.receiver.heard);
}

/** Of many resets only some are kept: where all of those are of one end, all are taken to be. */
function resetsOf(end: EndView, story: Story | null): number {
  if (story === null) return 0;
  const kept = story.resets.filter((reset) => reset.end === end.index).length;
  return kept === story.resets.length ? story.resetCount : kept;
}

function finding(tally: PortTally & Strays, beganNs: number, clockStepped: boolean): NewFinding {
  const { server, connections, segments, answered, addresses, firstNs, lastNs } = tally;
  const answers =
    answered === 0
      ? 'nothing answered'
      : answered === connections
        ? 'a reset answered'
        : `a reset answered on ${grouped(answered)} of them, nothing on the others`;
  return {
    kind: 'stray',
    severity: 'info',
    confidence: answered > 0 && !clockStepped ? 'likely' : 'weak',
    connectionId: tally.connectionId,
    captureId: tally.capture,
    frame: tally.frame,
    atRel: firstNs,
    summary: `${counted(segments, 'segment', 'segments')} of ${addresses.counted('address', 'addresses')} to or from ${server} on ${counted(connections, 'four-tuple', 'four-tuples')} without a handshake, the first ${roughly(firstNs - beganNs)} after the capture began: ${answers}.`,
    evidence: {
      server,
      connections,
      segments,
      answered_by_reset: answered,
      ...addresses.evidence('senders'),
      first_s: (firstNs - beganNs) / 1e9,
      seconds: (lastNs - firstNs) / 1e9,
    },
  };
}
