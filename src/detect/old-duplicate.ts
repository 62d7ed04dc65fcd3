import type { ConnectionView } from '../flow/connection-view.js';
import type { Story } from '../flow/story.js';
import type { Detector, DetectorMeta } from './detector.js';
import type { NewFinding } from './findings.js';
import { grouped } from './numbers.js';

const meta: DetectorMeta = {
  id: 'old-duplicate',
  summary: 'Segments of an earlier connection that came when the same four-tuple had been opened anew',
  references: ['RFC 7323 §5.8', 'RFC 7323 appendix B.2', 'RFC 9293 §3.6.1'],
  findings: {
    'delayed-duplicate': 'Data or a FIN of an earlier connection came after a later one had been accepted',
  },
  explanation: `
A segment counts where its numbers are those of the earlier connection and not of the later one, its octets had passed
before, and its timestamp is none that the earlier connection had not used. This is what TIME_WAIT is there for: such a
segment could be taken for data of the later connection if their numbers were close.

What else can look the same: without timestamps an end that has not noticed the end of its old connection, and repeats;
then the confidence is weak. A copy made by the capture is set aside before.`,
};

export const oldDuplicate: Detector = {
  meta,
  create: ({ name }, findings) => ({
    onStoryLeaves: (c, story) => findings.report(oldDuplicateFinding(c, story, (end) => name(c, end))),
  }),
};

/** What to tell of copies of a connection's data that came late; null: none came. `name` gives an end's address. */
function oldDuplicateFinding(c: ConnectionView, story: Story, name: (end: number) => string): NewFinding | null {
  if (story.delayed === null) return null;
  const { count, octets, end, capture, frame, ns, stamped } = story.delayed;
  const segments = count === 1 ? 'a segment' : `${grouped(count)} segments`;
  return {
    kind: 'delayed-duplicate',
    severity: 'notice',
    confidence: stamped ? 'strong' : 'weak',
    connectionId: c.id,
    captureId: capture,
    frame,
    atRel: ns,
    summary: `${segments.replace('a s', 'A s')} of ${name(end)} to ${name(1 - end)}, the first in frame ${frame}, came again when the four-tuple had been opened anew: the numbers are those of the connection before.`,
    evidence: { first_frame: frame, segments: count, octets, timestamps_fit: stamped },
  };
}
