import type { View } from './view.js';
import { stateCensus, timeWaitCensus } from './censuses.js';
import { clockSamples } from './clock-samples.js';
import { closers } from './closers.js';
import { connections } from './connections.js';
import { halfClosed } from './half-closed.js';
import { idleTimeouts } from './idle-timeouts.js';
import { natSources } from './nat-sources.js';
import { pawsRejections } from './paws-rejections.js';
import { portPressure } from './port-pressure.js';
import { resets } from './resets.js';
import { stateNames } from './state-names.js';
import { timeWaitPeaks } from './time-wait-peaks.js';
import { timeWaitSyns } from './time-wait-syns.js';
import { timestampRegressions } from './timestamp-regressions.js';
import { tupleReuse } from './tuple-reuse.js';
import { recycleDrops } from './tw-recycle-drops.js';
import { zeekConn } from './zeek-conn.js';

/** All views, those that others are built on first. */
export const VIEWS: readonly View[] = [
  connections,
  timeWaitSyns,
  pawsRejections,
  natSources,
  timestampRegressions,
  recycleDrops,
  clockSamples,
  timeWaitCensus,
  timeWaitPeaks,
  stateCensus,
  closers,
  resets,
  halfClosed,
  tupleReuse,
  portPressure,
  idleTimeouts,
  zeekConn,
  stateNames,
];
