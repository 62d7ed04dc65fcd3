import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionFlag, ConnectionTable, Head } from '../../src/flow/connection-table.js';
import { Desk } from '../../src/flow/desk.js';
import { Family } from '../../src/segment/segment-batch.js';

const PORTS = (40000 << 16) | 443;

function chain(table: ConnectionTable, newest: number): number[] {
  const slots: number[] = [];
  for (let slot = newest; slot >= 0; slot = table.i32[table.at(slot) + Head.OLDER]!) slots.push(slot);
  return slots;
}

describe('a record is found', () => {
  it('by its four-tuple, and by no other', () => {
    const table = new ConnectionTable();
    const slot = table.create(Family.V4, 0xc0000201, 0xc6336407, PORTS, -1);
    expect(table.find(Family.V4, 0xc0000201, 0xc6336407, PORTS)).toBe(slot);
    expect(table.find(Family.V4, 0xc0000202, 0xc6336407, PORTS)).toBe(-1);
    expect(table.find(Family.V4, 0xc0000201, 0xc6336408, PORTS)).toBe(-1);
    expect(table.find(Family.V4, 0xc0000201, 0xc6336407, PORTS + 1)).toBe(-1);
  });

  it('by its IP version, too: an interned IPv6 address can have the number of an IPv4 address', () => {
    const table = new ConnectionTable();
    const v4 = table.create(Family.V4, 1, 2, PORTS, -1);
    expect(table.find(Family.V6, 1, 2, PORTS)).toBe(-1);
    const v6 = table.create(Family.V6, 1, 2, PORTS, -1);
    expect([table.find(Family.V4, 1, 2, PORTS), table.find(Family.V6, 1, 2, PORTS)]).toEqual([v4, v6]);
  });

  it('where ports make the word of both negative', () => {
    const table = new ConnectionTable();
    const slot = table.create(Family.V4, 0xffffffff, 0xffffffff, (65535 << 16) | 65535, -1);
    expect(table.find(Family.V4, 0xffffffff, 0xffffffff, (65535 << 16) | 65535)).toBe(slot);
  });

  it('after the table has grown many times over', () => {
    const table = new ConnectionTable();
    const slots = Array.from({ length: 20_000 }, (_, i) => table.create(Family.V4, i, i ^ 0xffff, PORTS, -1));
    expect(new Set(slots).size).toBe(20_000);
    expect(table.size).toBe(20_000);
    for (let i = 0; i < 20_000; i += 7) expect(table.find(Family.V4, i, i ^ 0xffff, PORTS)).toBe(slots[i]);
  });
});

describe('hash buckets', () => {
  it('become more when there are more four-tuples than buckets, and lose none, nor any incarnation', () => {
    const table = new ConnectionTable();
    table.i32[Desk.MASK / 4] = 15;
    const slots = Array.from({ length: 3000 }, (_, i) => table.create(Family.V4, i, 9, PORTS, -1));
    const newer = slots.map((slot, i) => (i % 3 === 0 ? table.create(Family.V4, i, 9, PORTS, slot) : slot));
    for (let i = 0; i < 3000; i += 5) table.release(newer[i]!);
    for (let i = 3000; i < 9000; i++) table.create(Family.V4, i, 9, PORTS, -1);
    expect(table.i32[Desk.MASK / 4]).toBe(16 * 4 ** 5 - 1);
    for (let i = 0; i < 3000; i++) {
      const left = i % 5 !== 0 ? newer[i] : i % 3 === 0 ? slots[i] : -1;
      expect(table.find(Family.V4, i, 9, PORTS)).toBe(left);
    }
    for (let i = 3000; i < 9000; i++) expect(table.find(Family.V4, i, 9, PORTS)).toBeGreaterThanOrEqual(0);
  });
});

describe('incarnations', () => {
  it.each([
    ['the oldest first', [0, 1, 2]],
    ['the newest first', [2, 1, 0]],
    ['the middle one first', [1, 2, 0]],
    ['the middle one, then the oldest', [1, 0, 2]],
  ])('stay in order when they are released %s', (_, order) => {
    const table = new ConnectionTable();
    let newest = -1;
    const slots = [0, 1, 2].map(() => (newest = table.create(Family.V4, 1, 2, PORTS, newest)));
    const left = [...slots].reverse();
    for (const which of order) {
      table.release(slots[which]!);
      left.splice(left.indexOf(slots[which]!), 1);
      const found = table.find(Family.V4, 1, 2, PORTS);
      expect(found).toBe(left[0] ?? -1);
      expect(chain(table, found)).toEqual(left);
    }
    expect(table.size).toBe(0);
  });

  it('of one four-tuple do not hide another in the same chain of the hash', () => {
    const table = new ConnectionTable();
    const slots = Array.from({ length: 3000 }, (_, i) => table.create(Family.V4, i, 9, PORTS, -1));
    const newer = slots.map((slot, i) => table.create(Family.V4, i, 9, PORTS, slot));
    for (const slot of slots) table.release(slot);
    for (let i = 0; i < 3000; i++) expect(table.find(Family.V4, i, 9, PORTS)).toBe(newer[i]);
  });
});

describe('a slot', () => {
  it('is used again after its record was released, and is clear then', () => {
    const table = new ConnectionTable();
    const slot = table.create(Family.V4, 1, 2, PORTS, -1);
    table.i32[table.at(slot) + Head.SYNS] = 9;
    table.f64[(table.at(slot) + Head.IDLE_MAX) >> 1] = 9;
    table.release(slot);
    expect(table.create(Family.V4, 3, 4, PORTS, -1)).toBe(slot);
    expect(table.i32[table.at(slot) + Head.SYNS]).toBe(0);
    expect(table.f64[(table.at(slot) + Head.IDLE_MAX) >> 1]).toBe(0);
    expect(table.slots).toBe(table.firstSlot + 1);
  });

  it('is not live after its record was released, so that whoever walks over all slots can pass it by', () => {
    const table = new ConnectionTable();
    const slot = table.create(Family.V4, 1, 2, PORTS, -1);
    expect(table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.LIVE).not.toBe(0);
    table.release(slot);
    expect(table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.LIVE).toBe(0);
  });
});

it('holds what a Map would, whatever is created and released', () => {
  const tuple = fc.record({
    family: fc.constantFrom(Family.V4, Family.V6),
    low: fc.nat(30),
    high: fc.constantFrom(5, 0xffffffff),
    ports: fc.constantFrom(PORTS, -1, 0),
  });
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ tuple, release: fc.constant(null) }) },
    { weight: 2, arbitrary: fc.record({ tuple, release: fc.nat(3) }) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
      const table = new ConnectionTable();
      /** Slots of each four-tuple, newest first. */
      const model = new Map<string, number[]>();
      for (const { tuple: t, release } of actions) {
        const key = `${t.family} ${t.low} ${t.high} ${t.ports}`;
        const slots = model.get(key) ?? [];
        const newest = table.find(t.family, t.low, t.high, t.ports);
        expect(newest).toBe(slots[0] ?? -1);
        if (release === null) {
          slots.unshift(table.create(t.family, t.low, t.high, t.ports, newest));
          model.set(key, slots);
        } else if (release < slots.length) {
          table.release(slots.splice(release, 1)[0]!);
        }
      }
      let size = 0;
      for (const [key, slots] of model) {
        const [family, low, high, ports] = key.split(' ').map(Number) as [number, number, number, number];
        expect(chain(table, table.find(family, low, high, ports))).toEqual(slots);
        size += slots.length;
      }
      expect(table.size).toBe(size);
    }),
    { numRuns: 60 },
  );
});
