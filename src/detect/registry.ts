import type { DetectorMeta } from './detector.js';
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
export const DETECTORS: readonly { readonly meta: DetectorMeta }[] = [
  { meta: firstCloser },
  { meta: rstTermination },
  { meta: timeWaitSyn },
  { meta: pawsRejection },
  { meta: natTimestamps },
  { meta: unfinishedHandshake },
  { meta: silentEnd },
  { meta: oldDuplicate },
  { meta: portReuse },
  { meta: straySegments },
  { meta: untranslated },
];
