/** Records by their four-tuple: `ConnectionTable.find` and `create` for the short way. */
import { Block, ConnectionFlag, Head } from '../record-layout';
import { Desk } from '../desk';
import { recordAt, setWord, word } from './memory';

/** The bits of a slot in `Desk.RECENT`. */
const SLOTS: i32 = (1 << Desk.SLOT_BITS) - 1;
const IDENTITY: i32 = ConnectionFlag.LIVE | ConnectionFlag.V6;

/** The newest incarnation on a four-tuple, or -1. `identity`: what `Head.FLAGS` has of `IDENTITY`. */
export function find(identity: i32, low: i32, high: i32, ports: i32): i32 {
  const hash = tupleHash(low, high, ports);
  const place = placeOf(hash);
  const heard = load<i32>(place);
  const recent = heard & SLOTS;
  if (isOf(heard, hash) && holds(recent, identity, low, high, ports) && word(recordAt(recent), Head.NEWER) == -1)
    return recent;
  const bucket = bucketOf(hash);
  if ((load<i32>(bucket, 4) & bucketBit(hash)) == 0) return -1;
  let slot = load<i32>(bucket);
  while (slot != 0) {
    if (holds(slot, identity, low, high, ports)) {
      store<i32>(place, (hash & ~SLOTS) | slot);
      return slot;
    }
    slot = word(recordAt(slot), Head.CHAIN);
  }
  return -1;
}

function holds(slot: i32, identity: i32, low: i32, high: i32, ports: i32): bool {
  const at = recordAt(slot);
  return (
    word(at, Head.PORTS) == ports &&
    word(at, Head.LOW) == low &&
    word(at, Head.HIGH) == high &&
    (word(at, Head.FLAGS) & IDENTITY) == identity
  );
}

/** The slot where `find` looks first. */
export function lately(hash: i32): i32 {
  const heard = load<i32>(placeOf(hash));
  return isOf(heard, hash) ? heard & SLOTS : load<i32>(bucketOf(hash));
}

/** Whether what has a place in `Desk.RECENT` may be of a four-tuple with that hash: its record need not be touched if not. */
function isOf(heard: i32, hash: i32): bool {
  return (heard ^ hash) >>> Desk.SLOT_BITS == 0;
}

/** What lies in the bucket of a four-tuple: to have it brought near. */
export function peek(hash: i32): i32 {
  return load<i32>(bucketOf(hash));
}

/** The slot that `create` would take; -1: there is none, or the table has to grow first. */
export function vacancy(): i32 {
  if (load<i32>(Desk.TUPLES) >= load<i32>(Desk.MASK)) return -1;
  const free = load<i32>(Desk.FREE);
  if (free >= 0) return free;
  const fresh = load<i32>(Desk.FRESH);
  return fresh < load<i32>(Desk.CAPACITY) ? fresh : -1;
}

/**
 * Brings a record near that `create` may take soon, if it was never used: it is all zeros, and stays so. `vacant`: its slot.
 * Returns that of the one after it.
 */
export function clearAhead(vacant: i32): i32 {
  if (vacant < load<i32>(Desk.FRESH) || vacant >= load<i32>(Desk.CAPACITY)) return vacant;
  const at = recordAt(vacant);
  for (let word: i32 = 0; word < Block.WORDS; word += 16) setWord(at, word, 0); // to read it would map it twice
  return vacant + 1;
}

/** A cleared record for the first incarnation on a four-tuple, in the slot that `vacancy` gave. */
export function create(slot: i32, identity: i32, low: i32, high: i32, ports: i32): void {
  const at = recordAt(slot);
  if (load<i32>(Desk.FREE) == slot) {
    store<i32>(Desk.FREE, word(at, Head.CHAIN));
    memory.fill(at, 0, Block.WORDS << 2);
  } else {
    store<i32>(Desk.FRESH, slot + 1);
  }
  setWord(at, Head.LOW, low);
  setWord(at, Head.HIGH, high);
  setWord(at, Head.PORTS, ports);
  setWord(at, Head.OLDER, -1);
  setWord(at, Head.NEWER, -1);
  setWord(at, Head.FLAGS, identity);
  const hash = tupleHash(low, high, ports);
  const bucket = bucketOf(hash);
  setWord(at, Head.CHAIN, load<i32>(bucket));
  store<i32>(bucket, slot);
  store<i32>(bucket, load<i32>(bucket, 4) | bucketBit(hash), 4);
  store<i32>(placeOf(hash), (hash & ~SLOTS) | slot);
  store<i32>(Desk.TUPLES, load<i32>(Desk.TUPLES) + 1);
  store<i32>(Desk.SIZE, load<i32>(Desk.SIZE) + 1);
}

function placeOf(hash: i32): i32 {
  return Desk.RECENT + ((hash & (Desk.RECENT_SLOTS - 1)) << 2);
}

function bucketOf(hash: i32): i32 {
  return Desk.BUCKETS + ((hash & load<i32>(Desk.MASK)) << Desk.BUCKET_SHIFT);
}

function bucketBit(hash: i32): i32 {
  return 1 << (hash >>> 27);
}

export function tupleHash(low: i32, high: i32, ports: i32): i32 {
  let h = (low * <i32>0x9e3779b1) ^ (high * <i32>0x85ebca6b) ^ (ports * <i32>0xc2b2ae35);
  h = (h ^ (h >>> 15)) * 0x2c1b3c6d;
  return h ^ (h >>> 12);
}
