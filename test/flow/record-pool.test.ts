import { describe, expect, it } from 'vitest';
import { RecordPool } from '../../src/flow/record-pool.js';
import { NO_PLACE, SlotPlaces } from '../../src/flow/slot-places.js';
import { Rare, ZeekRares } from '../../src/flow/zeek-rare.js';

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

describe('places of slots', () => {
  it('are those that were set, and none for all other slots', () => {
    const places = new SlotPlaces();
    expect([-1, 0, 5].map((slot) => places.of(slot))).toEqual([NO_PLACE, NO_PLACE, NO_PLACE]);
    places.set(0, 7);
    places.set(100_000, 0);
    places.set(5, -3);
    expect([0, 5, 100_000, 4, 100_001].map((slot) => places.of(slot))).toEqual([7, -3, 0, NO_PLACE, NO_PLACE]);
    places.set(0, NO_PLACE);
    expect(places.of(0)).toBe(NO_PLACE);
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

  it('leave their place to others with their connection', () => {
    const rares = new ZeekRares();
    const first = rares.begin(1);
    const { values, at } = first;
    rares.begin(2);
    rares.end(1);
    rares.end(1);
    rares.end(3);
    const other = rares.begin(4);
    expect([other.values, other.at]).toEqual([values, at]);
    other.set(Rare.REPEATS, 3);
    expect(rares.of(2).get(Rare.REPEATS)).toBe(0);
  });
});
