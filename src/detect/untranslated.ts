import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView, EndView } from '../flow/connection-view.js';
import type { LoneSyn } from '../flow/lone-syn.js';
import type { ResetSeen, Story } from '../flow/story.js';
import { TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../wire/serial.js';
import type { Detector, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne, NewFinding } from './findings.js';
import { counted } from './numbers.js';
import { portKey, type EndName, type WithEnds } from './ports/port-key.js';

const meta: DetectorMeta = {
  id: 'untranslated',
  summary: 'Segments of a connection that came from another address than its own, and were reset for that',
  references: ['RFC 9293 §3.10.7.1', 'RFC 3022 §4.1', 'Linux nf_conntrack_proto_tcp.c: tcp_in_window'],
  findings: {
    'untranslated-segment':
      'A segment with the numbers of one connection came from another address than that of its peer, and was reset',
    'untranslated-syn-ack': 'A SYN was answered by a SYN-ACK of another address, which was reset',
  },
  explanation: `
A host resets a segment of a connection that it does not know with the number which that acknowledges. Where this number
is one that the same address and port had just sent on another connection, the segment belongs to that one, and came from
the wrong address: a translator on its way (kube-proxy, a load balancer, a router with masquerading) let it through as it
was. Linux does so with segments that its conntrack calls INVALID, such as those outside the window that it follows; rules
that drop INVALID segments, or net.netfilter.nf_conntrack_tcp_be_liberal, mend it. Where it is the SYN-ACK, its way back
does not lead past the translator at all. The reset goes to a host that does know the connection, and ends it if it arrives
there.

What else can look the same: a scanner that uses one port and one sequence number for many hosts; and a capture of both
sides of a translator. So nothing is told where the number fits more than one connection, or where the same reset passed
with the right address, too. The confidence is strong where the number is one of the last 4,096 that the port
sent, or where those of the other end fit as well; likely otherwise. Of a connection that had left memory, for it was over
long before, nothing is told.`,
};

export const untranslated: Detector = {
  meta,
  create: ({ name }, findings) => new UntranslatedSegments(name, findings),
};

/** Segments without a connection that are remembered at once; past this number none are added. */
const MAX_STRAYS = 4096;
/** What an end may have sent after it had sent the number that the segment acknowledges, octets. */
const MOST_BEHIND = 65_536;
const CLOSE_BEHIND = 4096;
/** Numbers of the other end fit if they are this near, octets. */
const NEAR = 1 << 24;

/** A reset passes both sides of a translator within this time, ns: their clocks may differ, too. */
const SAME_RESET_NS = 1e9;

/** A segment that its receiver reset because it knows no such connection, and later ones of the same sender like it. */
interface Stray {
  readonly id: number;
  /** `portKey` of its sender. */
  readonly sender: number;
  readonly from: string;
  /** Who reset it. */
  readonly to: string;
  readonly isSynAck: boolean;
  readonly capture: number;
  readonly frame: number;
  readonly ns: number;
  readonly resetFrame: number;
  readonly resetNs: number;
  times: number;
  /** What it acknowledges. */
  readonly ack: number;
  /** Its number and those of its octets. */
  readonly seqEnd: number;
  /** The connection that its numbers fit; null: none so far. */
  fit: Fit | null;
  fits: number;
}

interface Fit {
  readonly connectionId: number;
  readonly peer: string;
  readonly strong: boolean;
}

/** Remembers segments that were reset for want of a connection, and finds the connections that they belong to. */
class UntranslatedSegments implements Handlers {
  /** By `portKey` of who reset them. */
  readonly #strays = new Map<number, Stray[]>();
  readonly #name: EndName;
  readonly #findings: FindingsOfOne;
  #count = 0;

  constructor(name: EndName, findings: FindingsOfOne) {
    this.#name = name;
    this.#findings = findings;
  }

  onReset(c: ConnectionView, reset: ResetSeen): void {
    const { end, sender, receiver } = reset;
    if (c.has(ConnectionFlag.SYN | ConnectionFlag.RESUMED) || sender.heard || !receiver.heard) return;
    if ((reset.flags & TcpFlag.ACK) !== 0 || reset.seq !== receiver.maxAck || this.#count >= MAX_STRAYS) return;
    const key = portKey(c, end);
    const sentBy = portKey(c, 1 - end);
    const isSynAck = c.has(ConnectionFlag.SYN_ACK);
    const known = this.#strays.get(key) ?? [];
    const before = known.find((stray) => stray.sender === sentBy && stray.isSynAck === isSynAck);
    if (before !== undefined && Math.abs(serialDiff(reset.seq, before.ack)) < MOST_BEHIND) {
      before.times++;
      return;
    }
    known.push({
      id: c.id,
      sender: sentBy,
      from: this.#name(c, 1 - end),
      to: this.#name(c, end),
      isSynAck,
      capture: c.firstCapture,
      frame: c.firstFrame,
      ns: c.firstNs,
      resetFrame: reset.frame,
      resetNs: reset.ns,
      times: 1,
      ack: reset.seq,
      seqEnd: receiver.maxEnd,
      fit: null,
      fits: 0,
    });
    this.#strays.set(key, known);
    this.#count++;
  }

  onLeave(c: ConnectionView, story: Story | null): void {
    if (this.#count === 0) return;
    const resets = story?.resets ?? [];
    const answered = c.has(ConnectionFlag.SYN_ACK);
    this.#compare(c, c.client, c.server.maxEnd, answered, resets);
    this.#compare(c, c.server, c.client.maxEnd, answered, resets);
  }

  onLoneSynLeaves(syn: LoneSyn): void {
    if (this.#count === 0) return;
    const client = { index: syn.client.index, isn: syn.isn, maxEnd: serialAdd(syn.isn, 1) };
    this.#compare(syn, client, -1, false, []);
  }

  finish(): void {
    for (const stray of [...this.#strays.values()].flat())
      if (stray.fit !== null && stray.fits === 1) this.#findings.report(finding(stray, stray.fit));
  }

  /** `otherMaxEnd`: `maxEnd` of the other end, -1 if that is not known. */
  #compare(
    c: WithEnds & Pick<ConnectionView, 'id' | 'firstNs'>,
    { index, isn, maxEnd }: Pick<EndView, 'index' | 'isn' | 'maxEnd'>,
    otherMaxEnd: number,
    answered: boolean,
    resets: readonly ResetSeen[],
  ): void {
    const strays = maxEnd < 0 ? undefined : this.#strays.get(portKey(c, index));
    for (const stray of strays ?? []) {
      if (stray.id === c.id || stray.sender === portKey(c, 1 - index) || c.firstNs > stray.ns) continue;
      const behind = serialDiff(maxEnd, stray.ack);
      if (behind < 0 || behind > MOST_BEHIND || (isn >= 0 && serialDiff(stray.ack, isn) < 1)) continue;
      if (stray.isSynAck && (answered || stray.ack !== serialAdd(isn, 1))) continue;
      if (resets.some((reset) => isOtherSide(stray, reset, index))) continue;
      stray.fits++;
      stray.fit = {
        connectionId: c.id,
        peer: this.#name(c, 1 - index),
        strong: behind < CLOSE_BEHIND || (otherMaxEnd >= 0 && Math.abs(serialDiff(stray.seqEnd, otherMaxEnd)) < NEAR),
      };
    }
  }
}

/** Whether a reset is that of a stray before or after its address was translated: then so was that of the segment. */
function isOtherSide(stray: Stray, { end, flags, seq, ns }: ResetSeen, resetter: number): boolean {
  const isBare = (flags & TcpFlag.ACK) === 0;
  return end === resetter && isBare && seq === stray.ack && Math.abs(ns - stray.resetNs) < SAME_RESET_NS;
}

function finding(stray: Stray, { connectionId, peer, strong }: Fit): NewFinding {
  const { frame, resetFrame, from, to, ack, times } = stray;
  const again = times === 1 ? '' : ` So it went ${counted(times, 'time', 'times')}.`;
  return {
    kind: stray.isSynAck ? 'untranslated-syn-ack' : 'untranslated-segment',
    severity: 'warning',
    confidence: strong ? 'strong' : 'likely',
    connectionId,
    captureId: stray.capture,
    frame,
    atRel: stray.ns,
    summary: stray.isSynAck
      ? `The SYN of ${to} to ${peer} was answered by ${from} (frame ${frame}): the address of the SYN-ACK was not translated on its way. ${to} had sent that one nothing and reset it (frame ${resetFrame}).${again}`
      : `${from} sent ${to} a segment of its connection with ${peer} (frame ${frame}, ACK ${ack}): the address was not translated on its way. ${to} knows no connection with ${from} and reset it (frame ${resetFrame}); where that arrives, the connection is over at the other end.${again}`,
    evidence: {
      frame,
      reset_frame: resetFrame,
      from,
      instead_of: peer,
      ack,
      times,
      stray_connection_id: stray.id,
    },
  };
}
