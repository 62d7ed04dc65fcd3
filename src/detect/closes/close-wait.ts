import { ConnectionFlag } from '../../flow/connection-table.js';
import type { ConnectionView, EndView } from '../../flow/connection-view.js';
import { CONFIDENCES, type Confidence } from '../../flow/vocabulary.js';
import { serialAtLeast } from '../../wire/serial.js';
import type { NewFinding } from '../findings.js';
import { CLOSE_WAIT_NS } from '../limits.js';
import type { CloseVerdict } from './close-verdict.js';

/** Whether a complete close may have been such a wait: told cheaply, for every connection. */
export function closedLate(c: ConnectionView): boolean {
  return Math.abs(c.client.finNs - c.server.finNs) >= CLOSE_WAIT_NS;
}

/**
 * What to tell of an end that did not close, or closed late, after the other's FIN; null where it is nothing special, as
 * where it went on sending: the other had half-closed, which is legal (RFC 9293 §3.6.1). `clockStepped`: time
 * went back in the recording, and the span may be wrong. `name` gives an end's address.
 */
export function closeWaitFinding(
  c: ConnectionView,
  verdict: CloseVerdict,
  clockStepped: boolean,
  name: (end: EndView) => string,
): NewFinding | null {
  if (verdict.closeWaitNs < CLOSE_WAIT_NS) return null;
  const holder = holderOf(c);
  const peer = holder === c.client ? c.server : c.client;
  const seconds = (verdict.closeWaitNs / 1e9).toFixed(1);
  const told = (kind: string, severity: NewFinding['severity'], summary: string): NewFinding => ({
    kind,
    severity,
    confidence: weakest(verdict.confidence, clockStepped ? 'weak' : 'strong'),
    connectionId: c.id,
    captureId: peer.finCapture,
    frame: peer.finFrame,
    atRel: peer.finNs,
    summary,
    evidence: {
      fin_frame: peer.finFrame,
      close_wait_s: verdict.closeWaitNs / 1e9,
      censored: verdict.close === 'half-closed',
    },
  });
  const sentAfter = holder.lastDataNs > peer.finAckedNs;
  if (verdict.close !== 'half-closed') {
    if (sentAfter) return null;
    return told(
      'long-close-wait',
      'notice',
      `${name(holder)} was in CLOSE_WAIT, and ${name(peer)} in FIN_WAIT_2, for ${seconds} s: so long after it had acknowledged the FIN of ${name(peer)} it ${holder.fin ? 'closed' : 'ended by a reset'}, and it sent nothing between.`,
    );
  }
  if (!sentAfter) {
    const until = c.has(ConnectionFlag.EVICTED)
      ? 'it was in CLOSE_WAIT then'
      : 'it is in CLOSE_WAIT until the capture ends';
    return told(
      'close-wait',
      'warning',
      `${name(holder)} had not closed ${seconds} s after it acknowledged the FIN of ${name(peer)}: ${until}.`,
    );
  }
  const silentNs = peer.finAckedNs + verdict.closeWaitNs - holder.lastDataNs;
  // What it acknowledged after its own FIN shows that its application reads on: shutdown(), not close().
  if (silentNs < CLOSE_WAIT_NS || peer.maxAck < 0 || !serialAtLeast(peer.maxAck, holder.maxEnd)) return null;
  return told(
    'fin-wait-2',
    'notice',
    `${name(peer)} half-closed with shutdown(), for it acknowledged data after its FIN; ${name(holder)} has been silent for ${(silentNs / 1e9).toFixed(1)} s since its last data and has not closed: ${name(peer)} stays in FIN_WAIT_2 without limit.`,
  );
}

/** The end that had the other's FIN before it sent its own. */
function holderOf(c: ConnectionView): EndView {
  const { client, server } = c;
  if (!client.fin || !server.fin) return client.fin ? server : client;
  return serialAtLeast(client.finAck, server.finEnd) ? client : server;
}

function weakest(a: Confidence, b: Confidence): Confidence {
  return CONFIDENCES[Math.min(CONFIDENCES.indexOf(a), CONFIDENCES.indexOf(b))]!;
}
