import type { ResetSeen } from './reset-seen.js';
import { appendHole } from './sequence-holes.js';
import type { StateName } from './vocabulary.js';

export type { EndSnapshot } from './end-snapshot.js';
export type { ResetSeen } from './reset-seen.js';

/** What most stories have of these: one for all, for a list of its own takes as much memory as a dozen numbers. */
const NO_RESETS: readonly ResetSeen[] = [];
const NO_HOLES: readonly [number[], number[]] = [[], []];
const NO_PAWS: PawsCandidate[] = [];
const NO_FINS: readonly [null, null] = [null, null];
const NO_WINDOWS: readonly [null, null] = [null, null];
const NO_CLOCKS: readonly [number, number] = [NaN, NaN];

/**
 * Rare facts of one connection, kept as ordinary objects: most connections have none. They are what detectors judge by.
 */
export class Story {
  /** Resets in order of capture; see `keepReset`. The rest are only counted. */
  resets!: readonly ResetSeen[];
  resetCount!: number;
  /** Missing ranges [from, to) of each end's sequence space below its highest number, oldest first; see `addHole`. */
  holes!: readonly [number[], number[]];
  /** Segments that fail PAWS and whose fate is not known yet; see `addPaws`. */
  pawsOpen!: PawsCandidate[];
  /** Failures seen so far, judged or not. */
  pawsCount!: number;
  /** What the last of each end left as it was; null: none. */
  pawsLast!: readonly [WindowBefore | null, WindowBefore | null];
  /** Ticks a second of each end's timestamp clock, where a segment that fails PAWS asked for it; NaN: not known. */
  clockHz!: readonly [number, number];
  /** SYN-ACKs that were sent again after their ACK had passed. */
  synAcksAgain!: number;
  /** The first of them. */
  synAckAgain!: { readonly capture: number; readonly frame: number; readonly ns: number } | null;
  /** One of them came after data or a FIN of the client, which were ignored as well. */
  synAckAfterData!: boolean;
  /** Copies of each end's FIN; null: none. */
  finsAgain!: readonly [FinAgain | null, FinAgain | null];
  /** Copies of its data or FIN that came when a later incarnation had been accepted; null: none. */
  delayed!: Delayed | null;
  /** Duplicates, told of by D-SACK, that were looked up. */
  duplicateSacks!: number;
  /** This attempt's SYN met the TIME_WAIT of an earlier incarnation. */
  timeWaitSyn!: TimeWaitSyn | null;
  /** ACK field of the last segment that answered this attempt's SYN with other numbers (a challenge ACK); -1: none. */
  challengeAck!: number;
  /** This attempt was refused while an earlier SYN of its sender was in SYN_RECEIVED. */
  secondSyn!: boolean;
  /** The first segment of the handshake that echoes a timestamp which the other end never sent; null: none. */
  strangeEcho!: StrangeEcho | null;
  /** ISN of an earlier SYN-ACK where a second one has another; -1: none. */
  otherIsn!: number;
  /** SYN-ACKs with different numbers came: one of two hosts behind the address may know nothing of what the other got. */
  severalIsns!: boolean;
  /** Place and time of that earlier SYN-ACK. */
  otherAt!: number;
  otherNs!: number;

  constructor() {
    this.clear();
  }

  /** Nothing has happened. */
  clear(): void {
    this.resets = NO_RESETS;
    this.resetCount = 0;
    this.holes = NO_HOLES;
    this.pawsOpen = NO_PAWS;
    this.pawsCount = 0;
    this.pawsLast = NO_WINDOWS;
    this.clockHz = NO_CLOCKS;
    this.synAcksAgain = 0;
    this.synAckAgain = null;
    this.synAckAfterData = false;
    this.finsAgain = NO_FINS;
    this.delayed = null;
    this.duplicateSacks = 0;
    this.timeWaitSyn = null;
    this.challengeAck = -1;
    this.secondSyn = false;
    this.strangeEcho = null;
    this.otherIsn = -1;
    this.severalIsns = false;
    this.otherAt = 0;
    this.otherNs = NaN;
  }

  /** Whether one reset is all that is in it. */
  get isOneReset(): boolean {
    return (
      this.resets.length === 1 &&
      this.resetCount === 1 &&
      this.holes === NO_HOLES &&
      this.pawsOpen.length === 0 &&
      this.pawsCount === 0 &&
      this.pawsLast === NO_WINDOWS &&
      this.clockHz === NO_CLOCKS &&
      this.synAcksAgain === 0 &&
      this.synAckAgain === null &&
      !this.synAckAfterData &&
      this.finsAgain === NO_FINS &&
      this.delayed === null &&
      this.duplicateSacks === 0 &&
      this.timeWaitSyn === null &&
      this.challengeAck === -1 &&
      !this.secondSyn &&
      this.strangeEcho === null &&
      this.otherIsn === -1 &&
      !this.severalIsns
    );
  }
}

/** A SYN-ACK, or the ACK of one, with a TSecr that is no timestamp of the other end. */
export interface StrangeEcho {
  readonly end: number;
  readonly isSynAck: boolean;
  readonly capture: number;
  readonly frame: number;
  readonly ns: number;
  readonly tsecr: number;
  /** What the other end's SYN or SYN-ACK had. */
  readonly tsval: number;
}

/** A FIN that was sent again: how often, how often after it had been acknowledged, and the last copy. */
export interface FinAgain {
  copies: number;
  afterAck: number;
  capture: number;
  frame: number;
  ns: number;
}

/** Old duplicates of one connection: how many, how many octets, and the first. */
export interface Delayed {
  count: number;
  octets: number;
  readonly end: number;
  readonly capture: number;
  readonly frame: number;
  readonly ns: number;
  /** All of them carry timestamps that the old connection had used. */
  stamped: boolean;
}

/** The window of an end before a segment of it, at `ns`, that failed PAWS and left none behind. */
export interface WindowBefore {
  readonly ns: number;
  /** Sequence number after the octets of the segment that brought it; -1: that had none. */
  readonly octetsEnd: number;
  /** As sent. */
  readonly window: number;
}

/** A segment whose TSval is before TS.Recent as its receiver had echoed it (close-rules 5.4). */
export interface PawsCandidate {
  readonly end: number;
  /**
   * False: nothing that the receiver had echoed speaks against it. It is kept beside one that fails, for the ACK that seems
   * to answer that one may be the answer to this; that may show, too, that this one fails.
   */
  fails: boolean;
  /** It carries the numbers of an incarnation before the one that its receiver had by then: nothing in it is new to that. */
  readonly ofEarlier: boolean;
  /** Its octets had passed before, in a segment that nothing speaks against: what acknowledges them says nothing of this one. */
  readonly isRepeated: boolean;
  /** Its receiver may have had no connection any more, and so no TS.Recent: then nothing but an answer shows that it failed. */
  readonly maybeGone: boolean;
  /** Others that `answerFrame` may be the answer to, as far as they get none of their own. */
  rivals: readonly PawsCandidate[];
  /** 0: the segment itself was not captured, only its answer; `ns` is the answer's time then. */
  readonly frame: number;
  readonly capture: number;
  readonly ns: number;
  readonly seq: number;
  readonly len: number;
  /** seq + len + SYN + FIN. */
  readonly seqEnd: number;
  readonly ack: number;
  readonly flags: number;
  readonly tsval: number;
  /** TS.Recent of the receiver as it had echoed it; the answer's echo, once there is one, for it is newer. */
  tsRecent: number;
  tsRecentFrame: number;
  /** Ticks a second of the sender's clock; NaN: not known. */
  readonly clockHz: number;
  /** Silence of its sender before it, ns. */
  readonly idleNs: number;
  /** The receiver's highest ACK before it, -1 if none; and the sender's. */
  readonly receiverAck: number;
  readonly senderAck: number;
  /**
   * Its receiver would take its window for a newer one (RFC 9293 §3.10.7.4): the segment before had octets up to its number,
   * or the window is larger than the one before, or closed.
   */
  readonly movesWindow: boolean;
  /** RFC 9293 state of the receiver, a word of STATES. */
  readonly state: StateName;
  /** Time until which an unchanged ACK counts as the answer. */
  readonly answerUntilNs: number;
  answerFrame: number;
  answerCapture: number;
  answerNs: number;
  /** It came much later than the round trip to the receiver takes, or not at once where nobody knows how long that takes. */
  isAnswerLate: boolean;
  /** The sender repeated the range before it was acknowledged; and that repetition was acknowledged. */
  resent: boolean;
  acknowledged: boolean;
  /** It is one of several with new data over a second or more in which the receiver's ACK did not move. */
  stalled: boolean;
  /** Acknowledged, or its TSval echoed, with no repetition in between. */
  taken: boolean;
  takenFrame: number;
  takenCapture: number;
  takenNs: number;
}

/** A SYN on a four-tuple in TIME_WAIT, with what became of it so far. */
export interface TimeWaitSyn {
  readonly id: number;
  readonly previousId: number;
  /** The end that sent the SYN. */
  readonly end: number;
  readonly frame: number;
  readonly capture: number;
  readonly ns: number;
  readonly isn: number;
  readonly hasTimestamp: boolean;
  /** Its options, or those of the incarnation before, were cut by the snap length: no timestamp seen is not none sent. */
  readonly timestampsUnknown: boolean;
  readonly tsval: number;
  readonly tsecr: number;
  readonly elapsedNs: number;
  readonly previousFinalSeq: number;
  /** -1: that sender used none. */
  readonly previousTsval: number;
  /** TS.Recent of the SYN's receiver as it had echoed it last; -1: it echoed none. */
  readonly echoedTsval: number;
  readonly oldTimestamps: boolean;
  /** Whether the SYN's receiver, its sender, hold TIME_WAIT. */
  readonly receiverHolds: boolean;
  readonly senderHolds: boolean;
  /** The receiver's final number (its FIN's + 1) and its last window, octets. */
  readonly holderFinalSeq: number;
  readonly holderWindow: number;
  /** A reset of the other end with the exact number had hit TIME_WAIT before the SYN. */
  readonly resetBefore: boolean;
  /** The recording holds no ACKs: that the close before was complete is assumed, and a challenge is not to be seen. */
  readonly acksLeftOut: boolean;
  /** Time from the last challenge ACK that an earlier SYN had drawn from the same TIME_WAIT, ns; NaN: none had. */
  readonly sinceChallengeNs: number;
  copies: number;
  challengeFrame: number;
  challengeCapture: number;
  /** NaN: not challenged. */
  challengeNs: number;
  /** A RST of the SYN's sender to the challenge; and whether a copy of the SYN came after it. */
  clientResetFrame: number;
  afterReset: boolean;
  /** How many such resets there were, and of them those before the last challenge to a later copy: TIME_WAIT outlived them. */
  clientResets: number;
  outlivedResets: number;
  /** The first challenge after such a reset and a copy of the SYN; 0: none. */
  challengedAgainFrame: number;
  refusedFrame: number;
  refusedCapture: number;
  refusedNs: number;
  synAckFrame: number;
  synAckCapture: number;
  /** NaN: none. */
  synAckNs: number;
  synAckIsn: number;
  /** Where no SYN-ACK was captured: the segment that acts on one all the same. 0: none. */
  actedFrame: number;
  actedCapture: number;
  actedNs: number;
  written: boolean;
}

/** Remembers a reset; `keepReset` bounds how many. */
export function addReset(story: Story, reset: ResetSeen): void {
  story.resets = story.resets.length === 0 ? [reset] : [...story.resets, reset]; // a copy of none would have room for 17
}

/** Remembers that [from, to) of an end's sequence space, which is after all other holes of it, was not seen. */
export function addHole(story: Story, end: number, from: number, to: number): void {
  const holes = story.holes[end]!;
  if (holes.length > 0) appendHole(holes, from, to);
  else story.holes = end === 0 ? [[from, to], story.holes[1]] : [story.holes[0], [from, to]];
}

/** Remembers a segment that fails PAWS. */
export function addPaws(story: Story, candidate: PawsCandidate): void {
  if (story.pawsOpen.length > 0) story.pawsOpen.push(candidate);
  else story.pawsOpen = [candidate];
}

/** Ticks a second of the timestamp clock of an end: `rate` is asked until it knows. */
export function clockHzOf(story: Story, end: number, rate: () => number): number {
  if (Number.isNaN(story.clockHz[end])) {
    const [low, high] = story.clockHz;
    story.clockHz = end === 0 ? [rate(), high] : [low, rate()];
  }
  return story.clockHz[end]!;
}

/** A copy of the FIN of `end`. */
export function finAgain(
  story: Story,
  end: number,
  afterAck: boolean,
  capture: number,
  frame: number,
  ns: number,
): void {
  const again = story.finsAgain[end] ?? { copies: 0, afterAck: 0, capture, frame, ns };
  if (again.copies === 0) story.finsAgain = end === 0 ? [again, story.finsAgain[1]] : [story.finsAgain[0], again];
  again.copies++;
  if (afterAck) again.afterAck++;
  again.capture = capture;
  again.frame = frame;
  again.ns = ns;
}
