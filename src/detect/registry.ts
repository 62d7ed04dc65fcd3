import type { Detector } from './detector.js';
import { firstCloser } from './first-closer.js';
import { natTimestamps } from './nat-timestamps.js';
import { oldDuplicate } from './old-duplicate.js';
import { pawsRejection } from './paws-rejection.js';
import { portReuse } from './port-reuse.js';
import { rstTermination } from './rst-termination.js';
import { silentEnd } from './silent-end.js';
import { straySegments } from './stray-segments.js';
import { timeWaitSyn } from './time-wait-syn.js';
import { unfinishedHandshake } from './unfinished-handshake.js';
import { untranslated } from './untranslated.js';

/** All detectors, in the order of reports. */
export const DETECTORS: readonly Detector[] = [
  firstCloser,
  rstTermination,
  timeWaitSyn,
  pawsRejection,
  natTimestamps,
  unfinishedHandshake,
  silentEnd,
  oldDuplicate,
  portReuse,
  straySegments,
  untranslated,
];
