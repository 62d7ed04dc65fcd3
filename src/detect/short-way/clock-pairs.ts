/**
 * The short way of `NatTimestamps`, in AssemblyScript: a SYN of a source that was heard before, whose clock runs on, and
 * what TIME_WAIT leaves behind. It changes a pair as `NatTimestamps` and `PairTable` would, or not at all; a test holds
 * both to the same memory.
 */
import { float, setFloat, setWord, word } from '../../flow/short-way/memory';
import {
  Block,
  Common,
  DRIFT,
  MAX_SAMPLES,
  Pair,
  PairMemory,
  RECYCLE_S,
  RECYCLE_SLACK_TICKS,
  Sample,
  TOLERANCE_S,
  TOLERANCE_TICKS,
  TWO_32,
  Waiting,
  What,
} from '../clocks/pair-layout';

/** Takes what waits from place `first` on, up to `end`; the first of which there is more to say, or `end`. */
export function take(first: i32, end: i32): i32 {
  if (first == 0) lookAhead(end);
  for (let place = first; place < end; place++) {
    const waiting = PairMemory.INBOX + place * (Waiting.WORDS << 2);
    const at = find(
      word(waiting, Waiting.WHAT) & Common.V6,
      word(waiting, Waiting.SOURCE),
      word(waiting, Waiting.DESTINATION),
    );
    if (at == 0) return place;
    if ((word(waiting, Waiting.WHAT) & What.TIME_WAIT) != 0) remember(at, waiting);
    else if (!takeSyn(at, waiting)) return place;
  }
  return end;
}

/** Touches slots and pairs of all that waits: one after another each would be waited for, here the processor asks for many. */
function lookAhead(end: i32): void {
  const mask = load<i32>(PairMemory.MASK);
  const slots = load<i32>(PairMemory.SLOTS);
  let touched: i32 = 0;
  for (let place = 0; place < end; place++) {
    const waiting = PairMemory.INBOX + place * (Waiting.WORDS << 2);
    const slot = hash(word(waiting, Waiting.SOURCE), word(waiting, Waiting.DESTINATION)) & mask;
    touched ^= word(load<i32>(slots + (slot << 2)), Pair.SAMPLES); // where there is none, it is a word of no pair
  }
  store<i32>(PairMemory.TOUCHED, touched);
}

/** False: there is more to say of the SYN, and nothing was changed. */
function takeSyn(at: i32, waiting: i32): bool {
  const tsval = word(waiting, Waiting.TSVAL);
  const ns = float(waiting, Waiting.NS);
  const onTimeWait = (word(waiting, Waiting.WHAT) & What.ON_TIME_WAIT) != 0;
  if (tsval == 0 || (!onTimeWait && wouldRecycleDrop(at, tsval, ns))) return false;
  const samples = word(at, Pair.SAMPLES);
  if (samples > 0 && tsval - word(at, Pair.LAST_TSVAL) < 0) return false;
  if (samples < MAX_SAMPLES) {
    const port = word(waiting, Waiting.PORT);
    const common = samples == 0 ? word(at, Pair.COMMON) | port : commonWith(at, port, tsval, ns);
    const fills = samples == 1 || (samples > 0 && samples % Block.SAMPLES == 0);
    if (common < 0 || (fills && !hasRoom())) return false;
    if (fills) addBlock(at);
    if (samples == 1)
      put(at, 0, float(at, Pair.LAST_NS), word(at, Pair.LAST_TSVAL), word(at, Pair.COMMON) & Common.PORT);
    if (samples > 0) put(at, samples, ns, tsval, port);
    setWord(at, Pair.SAMPLES, samples + 1);
    setWord(at, Pair.COMMON, common);
  }
  setWord(at, Pair.SYNS, word(at, Pair.SYNS) + 1);
  setWord(at, Pair.LAST_ID, word(waiting, Waiting.ID));
  setWord(at, Pair.LAST_TSVAL, tsval);
  setFloat(at, Pair.LAST_NS, ns);
  return true;
}

function remember(at: i32, waiting: i32): void {
  const tsRecent = word(waiting, Waiting.TSVAL);
  const rememberedS = float(at, Pair.STAMP_S);
  const stampS = floor<f64>(float(waiting, Waiting.SINCE_NS) / 1e9);
  const nowS = floor<f64>(float(waiting, Waiting.NS) / 1e9);
  const replace =
    isNaN<f64>(rememberedS) ||
    word(at, Pair.STAMP_TSVAL) - tsRecent <= 0 ||
    (nowS - rememberedS > RECYCLE_S && rememberedS <= stampS);
  if (!replace) return;
  setWord(at, Pair.STAMP_TSVAL, tsRecent);
  setFloat(at, Pair.STAMP_S, stampS);
}

/** Where a pair lies; 0: it is new. */
function find(v6: i32, source: i32, destination: i32): i32 {
  const mask = load<i32>(PairMemory.MASK);
  const slots = load<i32>(PairMemory.SLOTS);
  let slot = hash(source, destination) & mask;
  let at = load<i32>(slots + (slot << 2));
  while (at != 0 && !holds(at, v6, source, destination)) {
    slot = (slot + 1) & mask;
    at = load<i32>(slots + (slot << 2));
  }
  return at;
}

function holds(at: i32, v6: i32, source: i32, destination: i32): bool {
  return (
    word(at, Pair.SOURCE) == source &&
    word(at, Pair.DESTINATION) == destination &&
    (word(at, Pair.COMMON) & Common.V6) == v6
  );
}

function hash(source: i32, destination: i32): i32 {
  let h = (source * <i32>0x9e3779b1) ^ (destination * <i32>0x85ebca6b);
  h = (h ^ (h >>> 15)) * 0x2c1b3c6d;
  return h ^ (h >>> 13);
}

function wouldRecycleDrop(at: i32, tsval: i32, ns: f64): bool {
  const stampS = float(at, Pair.STAMP_S);
  if (isNaN<f64>(stampS) || floor<f64>(ns / 1e9) - stampS >= RECYCLE_S) return false;
  return word(at, Pair.STAMP_TSVAL) - tsval > RECYCLE_SLACK_TICKS;
}

/** What the samples have in common with one more; negative: its clock is another one, or another rate has to be found. */
function commonWith(at: i32, port: i32, tsval: i32, ns: f64): i32 {
  let common = word(at, Pair.COMMON);
  const before = word(at, Pair.LAST_TSVAL);
  if (port != (common & Common.PORT)) common |= Common.SEVERAL_PORTS;
  if (tsval != before) common |= Common.SEVERAL_TSVALS;
  const rate = common >>> Common.RATE_SHIFT;
  if (rate == PairMemory.RATE_COUNT) return common;
  const hz = load<f64>(PairMemory.RATES + (rate << 3));
  return isOnLine(ns - float(at, Pair.LAST_NS), tsval, before, hz) ? common : -1;
}

function isOnLine(spanNs: f64, tsval: i32, before: i32, rate: f64): bool {
  const ticks = (spanNs / 1e9) * rate;
  if (ticks < 0 || ticks >= TWO_32) return false; // seldom, and the long way knows what to do
  const up = ceil<f64>(ticks);
  const rounded = up - 0.5 > ticks ? up - 1 : up;
  const off = abs<f64>(<f64>(tsval - (before + <i32>(<u32>rounded))));
  return off <= rate * TOLERANCE_S + TOLERANCE_TICKS + DRIFT * ticks;
}

function hasRoom(): bool {
  return load<u32>(PairMemory.TAKEN) + (Block.WORDS << 2) <= load<u32>(PairMemory.CAPACITY);
}

function addBlock(at: i32): void {
  const block = load<i32>(PairMemory.TAKEN);
  store<i32>(PairMemory.TAKEN, block + (Block.WORDS << 2));
  setWord(block, Block.BEFORE, word(at, Pair.BLOCK));
  setWord(at, Pair.BLOCK, block);
}

/** Sample number `index`, in the newest block. */
function put(at: i32, index: i32, ns: f64, tsval: i32, port: i32): void {
  const sample = word(at, Pair.BLOCK) + ((Block.FIRST + (index % Block.SAMPLES) * Sample.WORDS) << 2);
  setFloat(sample, Sample.NS, ns);
  setWord(sample, Sample.TSVAL, tsval);
  setWord(sample, Sample.PORT, port);
}
