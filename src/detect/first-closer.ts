import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import type { Story } from '../flow/story.js';
import { judgeClose } from './closes/close-verdict.js';
import { closeWaitFinding, closedLate } from './closes/close-wait.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import { asFarAsFollowed } from './evicted.js';
import type { FindingsOfOne } from './findings.js';

const meta: DetectorMeta = {
  id: 'first-closer',
  summary: 'Who closed first, and how each connection ended',
  references: ['RFC 9293 §3.6', 'RFC 9293 §3.3.2', 'RFC 5961 §3.2'],
  findings: {
    'close-wait':
      'One end never closed after it had acknowledged the FIN of the other, and sent nothing: its application holds the socket',
    'long-close-wait':
      'One end closed at last, a minute or more after it had acknowledged the FIN of the other, and sent nothing between',
    'fin-wait-2':
      'An end that half-closed with shutdown() waits without limit: the other sent data after its FIN, then fell silent and did not close',
  },
  explanation: `
The first copy of each FIN carries an ACK field. If it covers the other end's FIN, its sender had received that FIN and
closed second; if not, it closed first. Where neither covers the other, the FINs crossed and both closed first. The time
at which the FINs passed the tap is never used: it depends on where the tap was. Where no FIN came, the sender of the
first reset that took effect closed first; a FIN that this reset does not acknowledge met no connection any more. A FIN
counts for nothing where the other end had acknowledged more before, or where one with a lower number follows.

What else can look the same: a first copy that was not captured (its repetition may cover a FIN that the original did
not), and data that Linux held back at close(), so that the FIN left after the other's had come. Both lower the
confidence, and close_note says so. So does a reset that crossed a FIN or another reset, for where the tap was decides
which of them is seen first. An end that goes on sending after the other's FIN is no leak: the other half-closed.

Where a capture holds no bare ACKs (tcpdump with a filter for SYNs, FINs and resets, say), the ACK of the last FIN is taken
to have passed, unless a reset answers that FIN.`,
};

/** Who closed first stands in `connections` (`close-verdict.ts`); told as findings are those who did not close, or late. */
export const firstCloser: Detector = {
  meta,
  create: (context, findings) => new CloseWaits(context, findings),
};

class CloseWaits implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;
  /** The connections told of as closed late, for they can settle twice: id by slot, so that no more stay than records. */
  readonly #closedLate = new Map<number, number>();

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    this.#context = context;
    this.#findings = findings;
  }

  onSettled(c: ConnectionView, story: Story | null): void {
    if (!c.has(ConnectionFlag.FINISHED) || !closedLate(c) || this.#closedLate.get(c.slot) === c.id) return;
    this.#closedLate.set(c.slot, c.id);
    this.#tell(c, story);
  }

  onLeave(c: ConnectionView, story: Story | null): void {
    const isHalfClosed = c.client.fin !== c.server.fin;
    if ((story !== null || isHalfClosed) && !c.has(ConnectionFlag.FINISHED)) this.#tell(c, story);
  }

  #tell(c: ConnectionView, story: Story | null): void {
    const { now, clockStepped, name } = this.#context;
    const finding = closeWaitFinding(c, judgeClose(c, story, now), clockStepped, (end) => name(c, end.index));
    if (finding !== null) this.#findings.report(asFarAsFollowed(c, finding));
  }
}
