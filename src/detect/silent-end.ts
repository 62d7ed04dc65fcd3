import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView, EndView } from '../flow/connection-view.js';
import type { Story } from '../flow/story.js';
import { serialAtLeast, serialDiff } from '../wire/serial.js';
import type { Detector, DetectorMeta } from './detector.js';
import { asFarAsFollowed } from './evicted.js';
import type { NewFinding } from './findings.js';

const meta: DetectorMeta = {
  id: 'silent-end',
  summary: 'Ends that fell silent: data, keepalive probes or a FIN that were sent again and again without an answer',
  references: ['RFC 9293 §3.5.1', 'RFC 9293 §3.8.3', 'RFC 9293 §3.8.4', 'RFC 9293 §3.6'],
  findings: {
    'half-open': 'An end sent data again and again for 100 s or more, and the other never answered',
    'keepalive-unanswered': 'Keepalive probes got no answer, and nothing ended the connection',
    'fin-unacknowledged': 'A FIN was sent again and never acknowledged',
    'second-fin-repeated':
      'The FIN that answers a FIN was sent again before its ACK was captured: it or the last ACK was lost, or late',
    'last-ack-lost': 'A FIN was sent again after it had been acknowledged: the last ACK did not arrive',
  },
  explanation: `
RFC 9293 §3.8.3 lets an end give up after at least 100 s of repeating (R2): data repeated for that long without any
segment of the other end is a connection that one end has lost. A keepalive probe has the number before the next one; two
or more since the other was last heard are reported. A FIN is counted once by its number; a copy after an ACK that covers
it means that this ACK was lost, or crossed the copy.

What else can look the same: segments of the other end that were not captured (a capture of one direction is left out),
and probes of a zero window, which Linux sends with the same number: they are not counted as keepalives.`,
};

export const silentEnd: Detector = {
  meta,
  create: (context, findings) => ({
    onLeave: (c, story) => {
      const finding = silentEndFinding(c, story, context.now, (end) => context.name(c, end.index));
      if (finding !== null) findings.report(asFarAsFollowed(c, finding));
    },
  }),
};

/** RFC 9293 §3.8.3, R2. */
const GIVE_UP_NS = 100e9;
const LEAST_COPIES = 3;
/** A FIN this close to the end of the capture may have been acknowledged after it, ns. */
const ANSWER_NS = 1e9;
const LEAST_PROBES = 2;

/** What to tell of a connection with an end that fell silent; null where none did. `now`: of the capture, ns; `name` gives an end's address. */
function silentEndFinding(
  c: ConnectionView,
  story: Story | null,
  now: number,
  name: (end: EndView) => string,
): NewFinding | null {
  if (!c.client.heard || !c.server.heard) return null;
  return told(c, story, now, c.client, c.server, name) ?? told(c, story, now, c.server, c.client, name);
}

function told(
  c: ConnectionView,
  story: Story | null,
  now: number,
  end: EndView,
  other: EndView,
  name: (end: EndView) => string,
): NewFinding | null {
  // Where ACKs were left out, nobody knows which of the copies came after one.
  const again = c.has(ConnectionFlag.ACKS_LEFT_OUT) ? null : (story?.finsAgain[end.index] ?? null);
  if (again !== null && again.afterAck > 0) {
    return finding(c, 'last-ack-lost', 'info', again.afterAck > 1 ? 'strong' : 'likely', again, {
      summary: `${name(end)} sent its FIN (frame ${end.finFrame}) again after ${name(other)} had acknowledged it, ${times(again.afterAck)}: the last ACK did not arrive, or crossed the copy.`,
      evidence: { fin_frame: end.finFrame, copies: again.copies, copies_after_ack: again.afterAck },
    });
  }
  // Only the second FIN is answered from TIME_WAIT, at once: that of the first may wait for a delayed ACK.
  if (again !== null && end.finAcked && other.fin && serialAtLeast(end.finAck, other.finEnd)) {
    return finding(c, 'second-fin-repeated', 'info', 'likely', again, {
      summary: `${name(end)} sent its FIN (frame ${end.finFrame}) again ${times(again.copies)} before ${name(other)}, in TIME_WAIT, acknowledged it: the FIN or the last ACK was lost or late.`,
      evidence: { fin_frame: end.finFrame, copies: again.copies },
    });
  }
  if (c.has(ConnectionFlag.RESET | ConnectionFlag.REFUSED | ConnectionFlag.REPLACED | ConnectionFlag.ATTEMPT))
    return null;
  if (again !== null && !end.finAcked && (again.copies > 1 || now - again.ns >= ANSWER_NS)) {
    return finding(c, 'fin-unacknowledged', 'notice', 'likely', again, {
      summary: `${name(end)} sent its FIN (frame ${end.finFrame}) again ${times(again.copies)}, and ${name(other)} never acknowledged it.`,
      evidence: { fin_frame: end.finFrame, copies: again.copies },
    });
  }
  const silentNs = end.lastNs - other.lastNs;
  const last = { capture: c.lastCapture, frame: c.lastFrame, ns: end.lastNs };
  const unanswered = other.maxAck >= 0 && serialDiff(end.maxEnd, other.maxAck) > 0;
  if (unanswered && end.unansweredCopies >= LEAST_COPIES && silentNs >= GIVE_UP_NS) {
    return finding(c, 'half-open', 'warning', 'likely', last, {
      summary: `${name(end)} sent data for ${(silentNs / 1e9).toFixed(0)} s, ${end.unansweredCopies} segments again, and ${name(other)} said nothing: that end has lost the connection, or cannot be reached.`,
      evidence: { silent_s: silentNs / 1e9, retransmissions: end.unansweredCopies, last_frame: c.lastFrame },
    });
  }
  if (end.probes >= LEAST_PROBES) {
    return finding(c, 'keepalive-unanswered', 'notice', 'likely', last, {
      summary: `${name(end)} sent ${end.probes} keepalive probes in ${(silentNs / 1e9).toFixed(0)} s since ${name(other)} was last heard, and none was answered.`,
      evidence: { probes: end.probes, silent_s: silentNs / 1e9, last_frame: c.lastFrame },
    });
  }
  return null;
}

function finding(
  c: ConnectionView,
  kind: string,
  severity: NewFinding['severity'],
  confidence: NewFinding['confidence'],
  at: { readonly capture: number; readonly frame: number; readonly ns: number },
  rest: Pick<NewFinding, 'summary' | 'evidence'>,
): NewFinding {
  const { capture: captureId, frame, ns: atRel } = at;
  return { kind, severity, confidence, connectionId: c.id, captureId, frame, atRel, ...rest };
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}
