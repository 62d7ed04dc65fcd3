import type { ConnectionView } from '../flow/connection-view.js';
import type { StrangeEcho } from '../flow/story.js';
import type { NewFinding } from './findings.js';

/** What to tell of a segment of the handshake that echoes a timestamp which the other end never sent (RFC 7323 §3.2). */
export function strangeEchoFinding(c: ConnectionView, echo: StrangeEcho, name: (end: number) => string): NewFinding {
  const { end, isSynAck, frame, tsecr, tsval } = echo;
  const other = name(1 - end);
  return {
    kind: 'strange-echo',
    severity: 'notice',
    confidence: 'strong',
    connectionId: c.id,
    captureId: echo.capture,
    frame,
    atRel: echo.ns,
    summary: isSynAck
      ? `The SYN-ACK of ${name(end)} (frame ${frame}) echoes timestamp ${tsecr}, which ${other} cannot have sent, for its SYN had ${tsval}: Linux turns such a SYN-ACK down with a reset.`
      : `The ACK of ${name(end)} (frame ${frame}) to the SYN-ACK echoes timestamp ${tsecr}, which ${other} cannot have sent, for its SYN-ACK had ${tsval}: newer Linux does not take such an ACK, answers it, and waits for another.`,
    evidence: { frame, tsecr, tsval },
  };
}
