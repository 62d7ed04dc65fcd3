import type { FindingRow, RowSink } from '../flow/row-sink.js';
import type { DetectorMeta } from './detector.js';

/** Findings of one kind that are told one by one; past this, the rest are told in one sentence. */
const EACH = 1000;

export type NewFinding = Omit<FindingRow, 'detector' | 'source'>;

/** Hands findings on, a bounded number of each kind one by one, and the rest as one finding with their number. */
export class Findings {
  readonly #sink: RowSink;
  readonly #counts = new Map<string, { detector: DetectorMeta; finding: NewFinding; count: number }>();

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  report(detector: DetectorMeta, finding: NewFinding): void {
    const known = this.#counts.get(finding.kind);
    if (known === undefined) this.#counts.set(finding.kind, { detector, finding, count: 1 });
    else known.count++;
    if (known === undefined || known.count <= EACH) this.#emit(detector, finding);
  }

  finish(): void {
    for (const { detector, finding, count } of this.#counts.values()) {
      if (count <= EACH) continue;
      this.#emit(detector, {
        ...finding,
        connectionId: null,
        captureId: null,
        frame: null,
        atRel: null,
        summary: `${(count - EACH).toLocaleString('en-US')} more findings of the kind ${finding.kind}, like the ${EACH.toLocaleString('en-US')} before this one.`,
        evidence: { more: count - EACH },
      });
    }
  }

  #emit(detector: DetectorMeta, finding: NewFinding): void {
    this.#sink.finding({ ...finding, detector: detector.id, source: detector.references.join('; ') });
  }
}
