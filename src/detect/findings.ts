import type { FindingRow, RowSink } from '../flow/row-sink.js';
import type { Severity } from '../flow/vocabulary.js';
import type { DetectorMeta } from './detector.js';
import { grouped } from './numbers.js';

/** Findings of one kind, severity and cause that are told one by one; past this, the rest are told in one sentence. */
const EACH = 1000;

export type NewFinding = Omit<FindingRow, 'detector' | 'source'>;

/** One sort of finding: how often it was told, and the first of it; null: not yet. */
interface Sort {
  readonly detector: DetectorMeta;
  readonly kind: string;
  readonly severity: Severity;
  readonly cause: string | undefined;
  first: NewFinding | null;
  count: number;
}

/**
 * Hands findings on, a bounded number of each kind, severity and cause one by one, and the rest as one finding with their
 * number: a thousand aborts hide no reset that is graver or has another cause.
 */
export class Findings {
  readonly #sink: RowSink;
  readonly #sorts: Sort[] = [];

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  report(detector: DetectorMeta, finding: NewFinding): void {
    const sort = this.#sorts[this.sortOf(detector, finding.kind, finding.severity, causeOf(finding))]!;
    sort.first ??= finding;
    sort.count++;
    if (sort.count <= EACH) this.#emit(detector, finding);
  }

  /** The number of a sort of finding. There are some twenty at most: sooner found than a key for all three is made. */
  sortOf(detector: DetectorMeta, kind: string, severity: Severity, cause: string | undefined): number {
    const sorts = this.#sorts;
    for (let i = 0; i < sorts.length; i++) {
      const sort = sorts[i]!;
      if (sort.kind === kind && sort.severity === severity && sort.cause === cause) return i;
    }
    return sorts.push({ detector, kind, severity, cause, first: null, count: 0 }) - 1;
  }

  /**
   * Counts one more of a sort of which enough have been told one by one, so that nobody need put it into words. False: it
   * was not counted, and is to be reported.
   */
  countAlike(number: number): boolean {
    const sort = this.#sorts[number]!;
    if (sort.count < EACH) return false;
    sort.count++;
    return true;
  }

  finish(): void {
    for (const { detector, kind: plain, cause, first, count } of this.#sorts) {
      if (first === null || count <= EACH) continue;
      const kind = cause === undefined ? plain : `${plain} (${cause})`;
      this.#emit(detector, {
        ...first,
        connectionId: null,
        captureId: null,
        frame: null,
        atRel: null,
        summary: `${grouped(count - EACH)} more ${count - EACH === 1 ? 'finding' : 'findings'} of the kind ${kind}, like the first ${grouped(EACH)}.`,
        evidence: { more: count - EACH, ...(cause === undefined ? {} : { cause }) },
      });
    }
  }

  #emit(detector: DetectorMeta, finding: NewFinding): void {
    this.#sink.finding({ ...finding, detector: detector.id, source: detector.references.join('; ') });
  }
}

/** Resets of different causes are different things to look at. */
function causeOf({ evidence }: NewFinding): string | undefined {
  return typeof evidence.cause === 'string' ? evidence.cause : undefined;
}
