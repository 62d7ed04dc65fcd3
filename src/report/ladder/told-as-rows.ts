import type { ConnectionFacts, FindingFacts, PawsFacts } from '../../store/connection-facts.js';

/** Whether the finding is of that frame. Frames are numbered in each capture of a recording. */
export function isOfFrame(finding: FindingFacts, captureId: number | null, frame: number | null): boolean {
  return finding.frame === frame && (frame === null || finding.captureId === captureId);
}

/** Whether the finding is that on the segment of the row. What a segment echoes is another matter than its own timestamp. */
export function isOfPawsRow(finding: FindingFacts, row: PawsFacts): boolean {
  return finding.kind === 'segment-rejected' && isOfFrame(finding, row.captureId, row.frame);
}

/** Whether a finding repeats what the rows on the connection's reset, its SYNs on TIME_WAIT or PAWS tell anyway. */
export function isToldAsRow(finding: FindingFacts, facts: ConnectionFacts): boolean {
  const { connection: c } = facts;
  switch (finding.detector) {
    case 'rst-termination':
      return c.resetCause !== null && isOfFrame(finding, c.resetCaptureId, c.resetFrame);
    case 'time-wait-syn':
      return facts.timeWaitSyns.some((syn) => isOfFrame(finding, syn.captureId, syn.frame));
    case 'paws-rejection':
      return facts.paws.some((row) => isOfPawsRow(finding, row));
    default:
      return false;
  }
}
