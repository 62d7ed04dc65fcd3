import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import { CONFIDENCES } from '../flow/vocabulary.js';
import type { NewFinding } from './findings.js';

/** What a finding on something that did not happen is worth where the connection left memory before it ended. */
export function asFarAsFollowed(c: ConnectionView, finding: NewFinding): NewFinding {
  if (!c.has(ConnectionFlag.EVICTED)) return finding;
  const level = CONFIDENCES.indexOf(finding.confidence);
  return {
    ...finding,
    confidence: CONFIDENCES[level > 1 ? level - 1 : level]!,
    summary: `${finding.summary} It left memory then (--max-memory), and what came later is not known.`,
  };
}
