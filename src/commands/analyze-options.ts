import type { Severity } from '../index.js';
import type { CommonOptions } from './terminal.js';

/** What the options of `analyze` say, as commander hands them on. */
export interface AnalyzeCommandOptions extends CommonOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly append?: boolean;
  readonly timeWait?: number;
  readonly reader: 'own' | 'pcap-parser';
  readonly failOn?: Severity;
  readonly communityId?: boolean;
  readonly sha256?: boolean;
  readonly censusHosts: number;
  readonly filter?: string;
  readonly jobs?: number;
  readonly maxMemory?: number;
}

/** Worst last, as in the database. */
export const LEVELS = ['info', 'notice', 'warning', 'critical'] as const satisfies readonly Severity[];
