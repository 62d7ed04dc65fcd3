import type { FindingRow, RowSink } from '../flow/row-sink.js';
import type { Severity } from '../flow/vocabulary.js';
import type { DetectorMeta } from './detector.js';
import { grouped } from './numbers.js';

/** Findings of one kind, severity and cause that are told one by one; past this, the rest are told in one sentence. */
const EACH = 1000;

export type NewFinding = Omit<FindingRow, 'detector' | 'source'>;

/** How often one sort of finding was told, and the first of it. */
interface Count {
  readonly detector: DetectorMeta;
  readonly finding: NewFinding;
  readonly cause: string | undefined;
  count: number;
}

/**
 * Hands findings on, a bounded number of each kind, severity and cause one by one, and the rest as one finding with their
 * number: a thousand aborts hide no reset that is graver or has another cause.
 */
export class Findings {
  readonly #sink: RowSink;
  readonly #counts: Count[] = [];

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  report(detector: DetectorMeta, finding: NewFinding): void {
    const known = this.#known(finding.kind, finding.severity, causeOf(finding));
    if (known === undefined) this.#counts.push({ detector, finding, cause: causeOf(finding), count: 1 });
    else known.count++;
    if (known === undefined || known.count <= EACH) this.#emit(detector, finding);
  }

  /**
   * Counts one more of a sort of which enough have been told one by one, so that nobody need put it into words. False: it
   * was not counted, and is to be reported.
   */
  countAlike(kind: string, severity: Severity, cause: string | undefined): boolean {
    const known = this.#known(kind, severity, cause);
    if (known === undefined || known.count < EACH) return false;
    known.count++;
    return true;
  }

  finish(): void {
    for (const { detector, finding, cause, count } of this.#counts) {
      if (count <= EACH) continue;
      const kind = cause === undefined ? finding.kind : `${finding.kind} (${cause})`;
      this.#emit(detector, {
        ...finding,
        connectionId: null,
        captureId: null,
        frame: null,
        atRel: null,
        summary: `${grouped(count - EACH)} more ${count - EACH === 1 ? 'finding' : 'findings'} of the kind ${kind}, like the first ${grouped(EACH)}.`,
        evidence: { more: count - EACH, ...(cause === undefined ? {} : { cause }) },
      });
    }
  }

  /** There are some twenty sorts at most: sooner found than a key for all three is made. */
  #known(kind: string, severity: Severity, cause: string | undefined): Count | undefined {
    for (const known of this.#counts) {
      const { finding } = known;
      if (finding.kind === kind && finding.severity === severity && known.cause === cause) return known;
    }
    return undefined;
  }

  #emit(detector: DetectorMeta, finding: NewFinding): void {
    this.#sink.finding({ ...finding, detector: detector.id, source: detector.references.join('; ') });
  }
}

/** Where one detector tells what it found. */
export class FindingsOfOne {
  readonly #findings: Findings;
  readonly #detector: DetectorMeta;

  constructor(findings: Findings, detector: DetectorMeta) {
    this.#findings = findings;
    this.#detector = detector;
  }

  /** `null`: there is nothing to tell. */
  report(finding: NewFinding | null): void {
    if (finding !== null) this.#findings.report(this.#detector, finding);
  }

  /** As in `Findings`. */
  countAlike(kind: string, severity: Severity, cause: string | undefined): boolean {
    return this.#findings.countAlike(kind, severity, cause);
  }
}

/** Resets of different causes are different things to look at. */
function causeOf({ evidence }: NewFinding): string | undefined {
  return typeof evidence.cause === 'string' ? evidence.cause : undefined;
}
