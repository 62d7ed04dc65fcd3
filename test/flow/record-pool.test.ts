import { describe, expect, it } from 'vitest';
import { RecordPool } from '../../src/flow/record-pool.js';
import { ResetSeen, type ResetPool } from '../../src/flow/reset-seen.js';
import {
  Stories,
  addReset,
  clockHzOf,
  finAgain,
  holesToFill,
  type PawsCandidate,
  type Story,
} from '../../src/flow/story.js';
import { Rare, ZeekRares } from '../../src/flow/zeek-rare.js';

const NOTHING = { i32: new Int32Array(0), u32: new Uint32Array(0), f64: new Float64Array(0) };
const reset = (place: number): ResetSeen => new ResetSeen(NOTHING, 0, place);

describe('a pool of records', () => {
  it('has a place for each, also past its first chunk', () => {
    const pool = new RecordPool(4);
    const places = Array.from({ length: 2000 }, () => pool.take());
    expect(new Set(places).size).toBe(2000);
    for (const place of places) pool.chunk(place).i32.fill(place, pool.at(place), pool.at(place) + 4);
    const kept = places.map((place) => [...pool.chunk(place).i32.subarray(pool.at(place), pool.at(place) + 4)]);
    expect(kept).toEqual(places.map((place) => [place, place, place, place]));
  });

  it('takes no more memory for what comes when others have left', () => {
    const pool = new RecordPool(4);
    const first = [pool.take(), pool.take(), pool.take()];
    for (const place of first) pool.release(place);
    expect([pool.take(), pool.take(), pool.take()].sort()).toEqual(first);
    expect(pool.take()).toBe(3);
  });
});

describe('stories', () => {
  const released: number[] = [];
  const pool = { release: ({ place }: ResetSeen) => released.push(place) } as unknown as ResetPool;

  it('give their resets back when they are forgotten, each once', () => {
    const stories = new Stories(pool);
    const story = stories.begin(1);
    for (const place of [7, 8]) addReset(story, reset(place));
    stories.begin(2);
    expect([stories.delete(1), stories.delete(2), stories.delete(1)]).toEqual([true, true, false]);
    expect(released).toEqual([7, 8]);
    expect(stories.size).toBe(0);
  });

  it('do not share what is put into one of them', () => {
    const stories = new Stories(pool);
    addReset(stories.begin(1), reset(1));
    holesToFill(stories.get(1)!, 0).push(1, 2);
    expect(stories.begin(2)).toEqual(new Stories(pool).begin(2));
  });

  it('know nothing of the connection whose place in memory they take', () => {
    const stories = new Stories(pool);
    const story = stories.begin(1);
    const blank = structuredClone(story);
    addReset(story, reset(1));
    holesToFill(story, 1).push(1, 2);
    clockHzOf(story, 0, () => 1000);
    finAgain(story, 0, true, 1, 2, 3);
    story.pawsOpen.push({} as PawsCandidate);
    Object.assign(story, {
      resetCount: 1,
      pawsCount: 2,
      synAcksAgain: 3,
      duplicateSacks: 4,
      challengeAck: 5,
      otherIsn: 6,
    });
    Object.assign(story, { delayed: {}, timeWaitSyn: {}, secondSyn: true, strangeEcho: {}, otherAt: 7, otherNs: 8 });
    for (const [fact, value] of Object.entries(blank)) expect(story[fact as keyof Story], fact).not.toEqual(value);
    stories.delete(1);
    expect(stories.begin(2)).toBe(story);
    expect(story).toEqual(blank);
  });
});

describe("Zeek's rare facts", () => {
  it('are those of the slot, and begin anew with its next connection', () => {
    const rares = new ZeekRares();
    rares.begin(5).set(Rare.REPEATS, 3);
    rares.begin(9000).set(Rare.REPEATS, 4);
    expect([rares.of(5).get(Rare.REPEATS), rares.of(9000).get(Rare.REPEATS)]).toEqual([3, 4]);
    const next = rares.begin(5);
    const nothing = [Rare.GAP_TO, Rare.LAST_FIN + 1, Rare.LAST_RST + 1, Rare.COPY_NS, Rare.FIRST_NS];
    expect(nothing.map((what) => next.get(what))).toEqual(nothing.map(() => NaN));
    expect([Rare.REPEATS, Rare.COPIES, Rare.PARTS, Rare.BYTES_BEFORE].map((what) => next.get(what))).toEqual([
      0, 0, 0, 0,
    ]);
  });
});
