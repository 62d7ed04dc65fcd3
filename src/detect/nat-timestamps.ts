import {
  ConnectionFlag,
  End,
  EndFlag,
  Head,
  endOffset,
  type ConnectionTable,
  type RecordMemory,
} from '../flow/connection-table.js';
import { CLOCK_SAMPLE_ROW, NAT_SOURCE_ROW, RECYCLE_DROP_ROW, REGRESSION_ROW } from '../flow/row-layout.js';
import type { RowSink } from '../flow/row-sink.js';
import type { Segment } from '../flow/segment.js';
import { holdsTimeWait } from '../flow/time-wait-watch.js';
import { CONFIDENCES, NAT_VERDICTS, type Confidence, type NatVerdict } from '../flow/vocabulary.js';
import { Family } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { Common, Pair, PairMemory, RECYCLE_S, RECYCLE_SLACK_TICKS, Waiting, What } from './clocks/pair-layout.js';
import { PairsBySource } from './clocks/pairs-by-source.js';
import { PairTable, v6Of, type Samples } from './clocks/source-pairs.js';
import { clockOfEach, fitClocks, ofOnePort, onOneLine, type ClockLines } from './clocks/timestamp-clocks.js';
import type { Detector, DetectorMeta } from './detector.js';
import type { NewFinding } from './findings.js';
import { RowWriter, codeOf } from './rows/row-writer.js';
import { connectionBefore } from './rows/tuple-reuse.js';

const meta: DetectorMeta = {
  id: 'nat-timestamps',
  summary: 'Source addresses whose timestamps run backwards, and whether several hosts share them behind NAT',
  references: ['RFC 7323 §5.4', 'RFC 7323 appendix B.2', 'Linux before 4.12, tcp_tw_recycle'],
  findings: {
    'several-hosts': 'SYNs of one address come from several timestamp clocks: several hosts behind it',
    'tw-recycle-drops': 'A server with tcp_tw_recycle (Linux before 4.12) would have dropped SYNs of this address',
  },
  explanation: `
Each SYN's timestamp is held against the SYN before it from the same source to the same destination, and lines of
constant rate are fitted through all of them. Several lines with SYNs of several ports each are several clocks.

What else can look the same: many kernels draw an offset for each connection (Linux 4.10, since 7.0 and in stable
kernels of 2026, FreeBSD, macOS). Then timestamps run backwards with one host, nobody can count hosts, and the verdict is
random-offsets. A host that was started again has two clocks, too, one after the other: only clocks that take turns are
told as hosts.`,
};

export const natTimestamps: Detector = {
  meta,
  create: (context, findings) => {
    const { sink, table } = context;
    const nat = new NatTimestamps(sink);
    return {
      onStampedSyn: (c, syn) => {
        nat.onSyn(c.id, syn, meetsFreshTimeWait(table, c.slot, syn.end, syn.ns));
      },
      onTimeWait: (c) => {
        nat.onTimeWait(table, table.at(c.slot));
      },
      finish: () => {
        nat.finish(context.clockStepped, (summary) => {
          findings.report(natFinding(summary, (value) => context.addressText(summary.family, value)));
        });
      },
    };
  },
};

/** Whether the SYN of `end` at `ns` met a TIME_WAIT that had only just begun: that rule comes first then (close-rules 6.2). */
function meetsFreshTimeWait(table: ConnectionTable, slot: number, end: number, ns: number): boolean {
  const older = connectionBefore(table, slot);
  if (older < 0) return false;
  const at = table.at(older);
  const isFinished = (table.i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) !== 0;
  if (!isFinished || !holdsTimeWait(table, at, 1 - end)) return false;
  return ns - table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]! < TIME_WAIT_FIRST_NS;
}

/** A SYN this soon after TIME_WAIT began is judged by TIME_WAIT itself, not by tcp_tw_recycle, ns (close-rules 6.2). */
const TIME_WAIT_FIRST_NS = 1e9;
/** Whose samples are drawn: one clock needs no picture. Of offsets without pattern one looks like the other: they come last. */
const DRAWN: readonly NatVerdict[] = ['several-hosts', 'random-offsets'];
/** Samples that are written to be drawn, of all sources: more than anybody would look at. */
const MAX_DRAWN = 8192;
/** Fewer SYNs than this say nothing; lone values say something from the second number on. */
const FEW = 5;
const ENOUGH_LONERS = 8;
/** A clock of 10 ticks a second or more has ticked after this time, ns. */
const STILL_NS = 0.5e9;
/** Ticks a second of all clocks in use but the rare one of 1 MHz; how far one may limp behind its line, s. */
const FASTEST_HZ = 1000;
const LIMP_S = 5;

/** What may be drawn of a source: its SYNs to the destination that got most. */
interface Drawing {
  readonly source: number;
  readonly pair: PairCounts;
  readonly verdict: NatVerdict;
}

/** Counts the SYNs of each source, compares each with the one before, and fits clocks at the end. */
export class NatTimestamps {
  readonly #pairs: PairTable;
  readonly #sink: RowSink;
  readonly #sources: RowWriter;
  readonly #regressions: RowWriter;
  readonly #samples: RowWriter;
  readonly #drops: RowWriter;
  /** How many SYNs, and ends in TIME_WAIT, wait to be taken. */
  #waiting = 0;
  #nextRegression = 1;
  #nextSample = 1;
  #nextDrop = 1;

  constructor(sink: RowSink, pairs = new PairTable()) {
    this.#sink = sink;
    this.#pairs = pairs;
    this.#sources = new RowWriter(sink.rows(NAT_SOURCE_ROW));
    this.#regressions = new RowWriter(sink.rows(REGRESSION_ROW));
    this.#samples = new RowWriter(sink.rows(CLOCK_SAMPLE_ROW));
    this.#drops = new RowWriter(sink.rows(RECYCLE_DROP_ROW));
  }

  /**
   * The first copy of a SYN with the timestamp option; it opened connection `id`. `onTimeWait`: as `meetsFreshTimeWait`
   * tells.
   */
  onSyn(id: number, syn: Segment, onTimeWait: boolean): void {
    const { i32, f64 } = this.#pairs;
    const at = this.#pairs.waiting(this.#waiting);
    i32[at + Waiting.WHAT] = v6Of(syn.family) | (onTimeWait ? What.ON_TIME_WAIT : 0);
    i32[at + Waiting.SOURCE] = syn.src;
    i32[at + Waiting.DESTINATION] = syn.dst;
    i32[at + Waiting.PORT] = syn.srcPort;
    i32[at + Waiting.TSVAL] = syn.tsval;
    i32[at + Waiting.ID] = id;
    i32[at + Waiting.CAPTURE] = syn.capture;
    i32[at + Waiting.FRAME] = syn.frame;
    f64[(at + Waiting.NS) >> 1] = syn.ns;
    this.#waits();
  }

  /**
   * TIME_WAIT began, for the connection whose record begins at word `record`: what tcp_metrics.c:tcp_peer_is_proven would
   * have remembered at each end that holds it.
   */
  onTimeWait(table: RecordMemory, record: number): void {
    for (let end = 0; end < 2; end++) if (holdsTimeWait(table, record, end)) this.#onHolder(table, record, end);
  }

  /** End `holder` of that connection will remember its TS.Recent, for SYNs of its peer. */
  #onHolder(table: RecordMemory, record: number, holder: number): void {
    const words = table.i32;
    const mine = record + endOffset(holder);
    const theirs = record + endOffset(1 - holder);
    const known = (words[mine + End.FLAGS]! & EndFlag.TS_RECENT_KNOWN) !== 0;
    if (!known || (words[theirs + End.FLAGS]! & EndFlag.TIMESTAMP) === 0) return;
    const { i32, f64 } = this.#pairs;
    const at = this.#pairs.waiting(this.#waiting);
    const isV6 = (words[record + Head.FLAGS]! & ConnectionFlag.V6) !== 0;
    i32[at + Waiting.WHAT] = What.TIME_WAIT | v6Of(isV6 ? Family.V6 : Family.V4);
    i32[at + Waiting.SOURCE] = words[record + (holder === 0 ? Head.HIGH : Head.LOW)]!;
    i32[at + Waiting.DESTINATION] = words[record + (holder === 0 ? Head.LOW : Head.HIGH)]!;
    i32[at + Waiting.TSVAL] = words[mine + End.TS_RECENT]!;
    f64[(at + Waiting.NS) >> 1] = table.f64[(record + Head.ENDED_NS) >> 1]!;
    f64[(at + Waiting.SINCE_NS) >> 1] = table.f64[(mine + End.TS_RECENT_NS) >> 1]!;
    this.#waits();
  }

  /** One more waits. Many are taken at a time: each would have to be fetched from afar, and the processor can do that at once. */
  #waits(): void {
    if (++this.#waiting === PairMemory.WAITING) this.#takeAll();
  }

  #takeAll(): void {
    const end = this.#waiting;
    for (let place = 0; place < end; place++) {
      place = this.#pairs.take(place, end);
      if (place < end) this.#take(this.#pairs.waiting(place));
    }
    this.#waiting = 0;
  }

  /** The SYN, or what TIME_WAIT leaves behind, that waits at that word. */
  #take(waiting: number): void {
    const { i32 } = this.#pairs;
    const what = i32[waiting + Waiting.WHAT]!;
    const at = this.#pairs.get(what & Common.V6, i32[waiting + Waiting.SOURCE]!, i32[waiting + Waiting.DESTINATION]!);
    if ((what & What.TIME_WAIT) !== 0) this.#remember(at, waiting);
    else this.#takeSyn(at, waiting);
  }

  #takeSyn(at: number, syn: number): void {
    const pairs = this.#pairs;
    const { i32, u32, f64 } = pairs;
    const tsval = u32[syn + Waiting.TSVAL]!;
    if (tsval === 0) {
      i32[at + Pair.SYNS]!++; // some stacks and scanners leave it empty in a SYN: nothing to compare (close-rules 5.6)
      return;
    }
    const ns = f64[(syn + Waiting.NS) >> 1]!;
    const id = u32[syn + Waiting.ID]!;
    const capture = i32[syn + Waiting.CAPTURE]!;
    const frame = u32[syn + Waiting.FRAME]!;
    const drop = (i32[syn + Waiting.WHAT]! & What.ON_TIME_WAIT) === 0 && wouldRecycleDrop(pairs, at, tsval, ns);
    if (drop) {
      i32[at + Pair.DROPS]!++;
      this.#drops
        .put(this.#nextDrop++)
        .put(id)
        .putAt(capture, frame)
        .putNs(ns)
        .put(tsval)
        .put(u32[at + Pair.STAMP_TSVAL]!)
        .commit();
    }
    if (i32[at + Pair.SAMPLES]! > 0 && serialDiff(tsval, i32[at + Pair.LAST_TSVAL]!) < 0) {
      i32[at + Pair.REGRESSIONS]!++;
      this.#regressions
        .put(this.#nextRegression++)
        .put(this.#sink.addressId(pairs.family(at), u32[at + Pair.SOURCE]!))
        .put(this.#sink.addressId(pairs.family(at), u32[at + Pair.DESTINATION]!))
        .put(id)
        .put(u32[at + Pair.LAST_ID]!)
        .putAt(capture, frame)
        .putNs(ns)
        .put(tsval)
        .put(u32[at + Pair.LAST_TSVAL]!)
        .putNs(Math.max(0, ns - f64[(at + Pair.LAST_NS) >> 1]!))
        .put(drop ? 1 : 0)
        .commit();
    }
    i32[at + Pair.SYNS]!++;
    i32[at + Pair.LAST_ID] = id;
    pairs.addSample(at, syn);
  }

  #remember(at: number, waiting: number): void {
    const { i32, f64 } = this.#pairs;
    const tsRecent = i32[waiting + Waiting.TSVAL]!;
    const stampS = Math.floor(f64[(waiting + Waiting.SINCE_NS) >> 1]! / 1e9);
    const nowS = Math.floor(f64[(waiting + Waiting.NS) >> 1]! / 1e9);
    const rememberedS = f64[(at + Pair.STAMP_S) >> 1]!;
    const replace =
      Number.isNaN(rememberedS) ||
      serialDiff(i32[at + Pair.STAMP_TSVAL]!, tsRecent) <= 0 ||
      (nowS - rememberedS > RECYCLE_S && rememberedS <= stampS);
    if (!replace) return;
    i32[at + Pair.STAMP_TSVAL] = tsRecent;
    f64[(at + Pair.STAMP_S) >> 1] = stampS;
  }

  /**
   * Writes `nat_sources`; calls `report` with the row of each source over all its destinations. `clockStepped`: the
   * recording's clock went back, which breaks the line of a clock in two.
   */
  finish(clockStepped: boolean, report: (summary: SourceSummary) => void): void {
    this.#takeAll();
    const toDraw: Drawing[] = [];
    let id = 1;
    for (const [source, pairs] of this.#bySource()) {
      let most = pairs[0]!;
      for (const pair of pairs) if (pair.syns > most.syns) most = pair;
      const counts = pairs.length === 1 ? most : sumOf(pairs);
      const clocks = onSteps(judgeClocks(this.#pairs, most.at), clockStepped);
      this.#row(id++, source, -1, counts, clocks);
      if (clocks.confidence !== 'weak' && DRAWN.includes(clocks.verdict))
        toDraw.push({ source, pair: most, verdict: clocks.verdict });
      report({ family: most.family, source: most.source, counts, clocks, most, destinations: pairs.length });
      if (pairs.length === 1) continue;
      for (const pair of pairs) {
        const destination = this.#sink.addressId(pair.family, pair.destination);
        this.#row(id++, source, destination, pair, onSteps(judgeClocks(this.#pairs, pair.at), clockStepped));
      }
    }
    for (const drawn of DRAWN) {
      for (const drawing of toDraw) if (drawing.verdict === drawn) this.#drawSamples(drawing);
    }
  }

  /** Pairs with SYNs by their source, in the order in which they were first seen. */
  *#bySource(): Generator<readonly [source: number, pairs: PairCounts[]]> {
    const sources = new PairsBySource(this.#pairs, (family, address) => this.#sink.addressId(family, address));
    for (const [source, pairs] of sources) yield [source, pairs.map((at) => this.#countsOf(at))];
  }

  /** The SYNs that the verdict rests on, each with its clock, as long as there is room. */
  #drawSamples({ source, pair }: Drawing): void {
    const samples = this.#pairs.samples(pair.at);
    if (this.#nextSample + samples.count > MAX_DRAWN) return;
    const destination = this.#sink.addressId(pair.family, pair.destination);
    const clocks = clockOfEach(samples);
    clocks.forEach((clock, i) => {
      this.#samples
        .put(this.#nextSample++)
        .put(source)
        .put(destination)
        .putNs(samples.ns[i]!)
        .put(samples.tsval[i]!)
        .put(clock)
        .commit();
    });
  }

  #countsOf(at: number): PairCounts {
    const { u32 } = this.#pairs;
    return {
      at,
      family: this.#pairs.family(at),
      source: u32[at + Pair.SOURCE]!,
      destination: u32[at + Pair.DESTINATION]!,
      syns: u32[at + Pair.SYNS]!,
      regressions: u32[at + Pair.REGRESSIONS]!,
      drops: u32[at + Pair.DROPS]!,
    };
  }

  #row(id: number, source: number, destination: number, counts: SynCounts, verdict: ClockVerdict): void {
    this.#sources
      .put(id)
      .put(source)
      .put(destination)
      .put(counts.syns)
      .put(counts.regressions)
      .put(verdict.hosts)
      .put(verdict.clockHz)
      .put(codeOf(NAT_VERDICTS, verdict.verdict))
      .put(codeOf(CONFIDENCES, verdict.confidence))
      .put(counts.drops)
      .put(verdict.lines)
      .put(verdict.loners)
      .commit();
  }
}

interface SynCounts {
  readonly syns: number;
  readonly regressions: number;
  readonly drops: number;
}

interface PairCounts extends SynCounts {
  readonly at: number;
  readonly family: number;
  readonly source: number;
  readonly destination: number;
}

function sumOf(pairs: readonly SynCounts[]): SynCounts {
  let syns = 0;
  let regressions = 0;
  let drops = 0;
  for (const pair of pairs) {
    syns += pair.syns;
    regressions += pair.regressions;
    drops += pair.drops;
  }
  return { syns, regressions, drops };
}

interface ClockVerdict {
  readonly verdict: NatVerdict;
  readonly confidence: Confidence;
  /** -1: nobody can count them. */
  readonly hosts: number;
  /** -1: not known, or several. */
  readonly clockHz: number;
  readonly lines: number;
  readonly loners: number;
}

interface SourceSummary {
  /** Address value and family, as in SegmentBatch. */
  readonly family: number;
  readonly source: number;
  readonly counts: SynCounts;
  readonly clocks: ClockVerdict;
  /** The SYNs that the clocks are judged by: those to the destination that got most, of so many. */
  readonly most: PairCounts;
  readonly destinations: number;
}

/** Linux before 4.12 with tcp_tw_recycle=1, net/ipv4/tcp_metrics.c:tcp_peer_is_proven; close-rules 6.2. */
function wouldRecycleDrop(pairs: PairTable, at: number, tsval: number, ns: number): boolean {
  const stampS = pairs.f64[(at + Pair.STAMP_S) >> 1]!;
  if (Number.isNaN(stampS) || Math.floor(ns / 1e9) - stampS >= RECYCLE_S) return false;
  return serialDiff(pairs.i32[at + Pair.STAMP_TSVAL]!, tsval) > RECYCLE_SLACK_TICKS;
}

/** One host, several, or nobody can tell; close-rules 6.3. */
function judgeClocks(pairs: PairTable, at: number): ClockVerdict {
  const n = pairs.i32[at + Pair.SAMPLES]!;
  const { rates, takeTurns, loners, lonePorts } = clocksOf(pairs, at);
  const lines = rates.length;
  const says = (verdict: NatVerdict, confidence: Confidence, hosts = -1, clockHz = -1): ClockVerdict => {
    return { verdict, confidence, hosts, clockHz, lines, loners };
  };
  if (n < FEW || standsStill(pairs, at)) return says('too-few', 'unknown');
  const hz = rates.every((rate) => rate === rates[0]) ? (rates[0] ?? -1) : -1;
  if (lines === 1 && loners === 0)
    return runsBackLater(pairs, at) ? says('too-few', 'unknown') : says('single-clock', 'strong', 1, hz);
  // Virtual machines and tunnels make one clock limp: it falls on several lines, but never back, and never leaps.
  if (lines >= 2 && runsOn(pairs.samples(at))) return says('single-clock', 'likely', 1, hz);
  if (lines >= 2 && loners * 4 <= n) {
    return says('several-hosts', takeTurns ? 'likely' : 'weak', lines, hz);
  }
  // A handful of lone values may be as many hosts with one SYN each.
  if (loners * 2 > n && lonePorts >= Math.min(ENOUGH_LONERS, n)) {
    return says('random-offsets', n < ENOUGH_LONERS ? 'likely' : 'certain');
  }
  return says('too-few', 'unknown');
}

/** Whether timestamps of a clock run back though its samples, which are of the first SYNs, do not: of so many of the later ones. */
function runsBackLater({ i32 }: PairTable, at: number): boolean {
  const later = i32[at + Pair.SYNS]! - i32[at + Pair.SAMPLES]!;
  return later > 0 && i32[at + Pair.REGRESSIONS]! * 10 > later;
}

/** As `fitClocks` of its samples, which are looked at only where they have neither port nor clock in common. */
function clocksOf(pairs: PairTable, at: number): ClockLines {
  if (pairs.areOfOnePort(at)) return ofOnePort(pairs.i32[at + Pair.SAMPLES]!);
  const rate = pairs.onlyLine(at);
  return rate === null ? fitClocks(pairs.samples(at)) : onOneLine(rate);
}

/** Several lines or none are less sure where the capture's own clock was set (close-rules 9.5). */
function onSteps(verdict: ClockVerdict, clockStepped: boolean): ClockVerdict {
  if (!clockStepped || verdict.verdict === 'single-clock' || verdict.verdict === 'too-few') return verdict;
  return { ...verdict, confidence: verdict.confidence === 'certain' ? 'likely' : 'weak' };
}

/** One value over a time in which every clock in use would have ticked: a scanner that writes a constant. */
function standsStill(pairs: PairTable, at: number): boolean {
  if (!pairs.areOfOneTsval(at)) return false;
  const { count, ns } = pairs.samples(at);
  return ns[count - 1]! - ns[0]! > STILL_NS;
}

/** Whether no value is behind the one before it, or farther ahead than the fastest common clock could have run. */
function runsOn({ count, ns, tsval }: Samples): boolean {
  for (let i = 1; i < count; i++) {
    const seconds = Math.max(0, (ns[i]! - ns[i - 1]!) / 1e9);
    const ticks = serialDiff(tsval[i]!, tsval[i - 1]!);
    if (ticks < 0 || ticks > FASTEST_HZ * (seconds * 1.1 + LIMP_S)) return false;
  }
  return true;
}

/** What to tell of a source address; null where its clock is nothing special. `name` spells an address value out. */
function natFinding(summary: SourceSummary, name: (value: number) => string): NewFinding | null {
  const { counts, clocks, most, destinations } = summary;
  // Clocks one after the other may as well be one host that was started again.
  const several = clocks.verdict === 'several-hosts' && clocks.confidence !== 'weak';
  if (!several && counts.drops === 0) return null;
  const address = name(summary.source);
  const to = name(most.destination);
  const who = several
    ? `${address} is shared by ${clocks.hosts} hosts: the timestamps of its ${most.syns} SYNs${destinations === 1 ? '' : ` to ${to}`} lie on ${clocks.hosts} clocks`
    : counts.regressions > 0
      ? `The timestamps of ${address} run backwards in ${counts.regressions} of ${counts.syns} SYNs`
      : `Timestamps in SYNs of ${address} are behind those of its earlier connections`;
  const drops =
    counts.drops === 0
      ? '.'
      : `; tcp_tw_recycle (Linux before 4.12) at the server would have dropped ${counts.drops} of its SYNs.`;
  return {
    kind: several ? 'several-hosts' : 'tw-recycle-drops',
    severity: several ? 'notice' : 'info', // what an old kernel would have done; nothing went wrong here
    confidence: several ? clocks.confidence : 'likely',
    connectionId: null,
    captureId: null,
    frame: null,
    atRel: null,
    summary: who + drops,
    evidence: {
      source_ip: address,
      syns: counts.syns,
      regressions: counts.regressions,
      clocks: clocks.lines,
      on_no_clock: clocks.loners,
      tw_recycle_drops: counts.drops,
      ...(destinations === 1 ? {} : { destinations, clocks_judged_to: to, clocks_judged_syns: most.syns }),
    },
  };
}
