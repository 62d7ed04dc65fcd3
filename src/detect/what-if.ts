/** SYNs on TIME_WAIT judged under other rules than those they met. */
import type { StackVerdict } from '../flow/vocabulary.js';
import { serialDiff } from '../wire/serial.js';
import * as rules from './stack-rules.js';

/** A stack whose rule for a SYN on TIME_WAIT is known. */
export interface Stack {
  /** As people write it. */
  readonly title: string;
  readonly rule: (syn: rules.SynOnTimeWait) => StackVerdict;
  /** Whether the rule looks at timestamps. */
  readonly stamps: boolean;
  /** How long it keeps TIME_WAIT unless it is told otherwise, s (close-rules 3; OpenBSD's is not verified). */
  readonly timeWaitS: number;
}

export const STACKS = {
  linux: { title: 'Linux', rule: rules.linux, stamps: true, timeWaitS: 60 },
  freebsd: { title: 'FreeBSD', rule: rules.freebsd, stamps: false, timeWaitS: 60 },
  openbsd: { title: 'OpenBSD', rule: rules.openbsd, stamps: true, timeWaitS: 60 },
  macos: { title: 'macOS', rule: rules.macos, stamps: true, timeWaitS: 30 },
  gvisor: { title: 'gVisor', rule: rules.gvisor, stamps: false, timeWaitS: 60 },
  windows: { title: 'Windows Server 2003', rule: rules.windows, stamps: false, timeWaitS: 120 },
  rfc1122: { title: 'RFC 1122', rule: rules.rfc1122, stamps: false, timeWaitS: 240 },
  rfc6191: { title: 'RFC 6191', rule: rules.rfc6191, stamps: true, timeWaitS: 240 },
} as const satisfies Readonly<Record<string, Stack>>;
export type StackName = keyof typeof STACKS;

/** What is to hold instead. */
export interface OtherRules {
  readonly timeWaitNs: number;
  /** Whose rule the holder of TIME_WAIT follows; null: what was seen stays, as far as a SYN still meets TIME_WAIT. */
  readonly stack: StackName | null;
  /** Linux before 4.12 with tcp_tw_recycle=1 at the holder. */
  readonly twRecycle: boolean;
  /** Linux with tcp_tw_reuse=1 at the client. */
  readonly twReuse: boolean;
  /** No connection has timestamps. */
  readonly noTimestamps: boolean;
}

/** A SYN on a four-tuple that had a connection before, or one that tcp_tw_recycle would have dropped. */
export interface JudgedSyn extends rules.SynOnTimeWait {
  /** Since TIME_WAIT began or was restarted, ns. */
  readonly ageNs: number;
  /** Whether the end that it went to held TIME_WAIT; else it is its sender, or nobody. */
  readonly receiverHolds: boolean;
  /** Whether timestamps may have been cut off by the snap length. */
  readonly cut: boolean;
  /** What its row in `time_wait_syns` says of a stack, which knows more than one TS.Recent; null: it has no row there. */
  readonly recorded: ((stack: StackName) => StackVerdict) | null;
  /** What became of it; 'free' where it met no TIME_WAIT. */
  readonly seen: Fate;
  readonly recycleDrop: boolean;
}

/**
 * What becomes of a SYN: `free` no TIME_WAIT is in its way; `late` accepted, but not its first copy; `recycled` dropped by
 * tcp_tw_recycle; `cut` and `untraced` cannot be told, for timestamps were cut off, or the stack's rule or what it remembers is
 * not known.
 */
export const FATES = [
  'free',
  'accepted',
  'late',
  'challenged',
  'dropped',
  'recycled',
  'reset',
  'unanswered',
  'cut',
  'untraced',
] as const;
export type Fate = (typeof FATES)[number];

/** TIME_WAIT of a connection with timestamps under tcp_tw_recycle: 3.5 RTO, which a capture shows roughly (close-rules 6.2). */
export const RECYCLED_NS = 1e9;
/** How soon tcp_tw_reuse takes a port from TIME_WAIT (close-rules 4.7). */
export const REUSED_NS = 1e9;
/** The rule where a SYN needs one and none was chosen. */
const DEFAULT_STACK: StackName = 'linux';

const FATE_OF = { accept: 'accepted', challenge: 'challenged', drop: 'dropped' } as const;

/** The rules that hold where the user chose these: without timestamps, and under tcp_tw_recycle, everything is judged anew. */
export function chooseRules(chosen: OtherRules): OtherRules {
  const anew = chosen.twRecycle || chosen.noTimestamps;
  return { ...chosen, stack: chosen.stack ?? (anew ? DEFAULT_STACK : null) };
}

/** Its numbers against those of the connection before, signed, modulo 2^32; null where there is none. */
export function deltasOf({ isn, finalSeq, tsval, tsRecent }: rules.SynOnTimeWait): {
  readonly isnDelta: number | null;
  readonly tsDelta: number | null;
} {
  return {
    isnDelta: finalSeq < 0 ? null : serialDiff(isn, finalSeq),
    tsDelta: tsval === null || tsRecent === null ? null : serialDiff(tsval, tsRecent),
  };
}

/** What would have become of the first copy of the SYN. */
export function fateUnder(syn: JudgedSyn, other: OtherRules): Fate {
  const recycle = other.twRecycle && !other.noTimestamps;
  const length = recycle && syn.tsRecent !== null ? Math.min(RECYCLED_NS, other.timeWaitNs) : other.timeWaitNs;
  if (!syn.receiverHolds || syn.ageNs >= length) return recycle && syn.recycleDrop ? 'recycled' : 'free';
  if (other.stack === null && syn.seen !== 'free') return syn.seen;
  const name = other.stack ?? DEFAULT_STACK;
  const stack = STACKS[name];
  if (stack.stamps && syn.cut && !other.noTimestamps) return 'cut';
  const verdict = other.noTimestamps
    ? stack.rule({ ...syn, tsval: null, tsRecent: null })
    : (syn.recorded ?? ((): StackVerdict => stack.rule(syn)))(name);
  return verdict === null ? 'untraced' : FATE_OF[verdict];
}
