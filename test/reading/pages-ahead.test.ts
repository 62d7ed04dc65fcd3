import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PagesAhead } from '../../src/reading/pages-ahead.js';

const MIB = 2 ** 20;
const RECORD_LEN = 64;

/** A memory of 1 MiB, of which so many octets are filled with records. */
function filledTo(octets: number): { memory: WebAssembly.Memory; fill: (octets: number) => void } {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 256, shared: true });
  const fill = (to: number): void => {
    new Int32Array(memory.buffer)[0] = to / RECORD_LEN;
  };
  fill(octets);
  return { memory, fill };
}

function aheadOf(memory: WebAssembly.Memory): PagesAhead {
  return new PagesAhead([{ memory, takenAt: 0, recordLen: RECORD_LEN }]);
}

/** How often there was something to bring, until there was nothing. */
function bringAll(pages: PagesAhead): number {
  let calls = 0;
  while (pages.bring()) calls++;
  return calls;
}

describe('the pages of a memory that fills are brought into being', () => {
  it('a mebibyte ahead, 128 kB at a time, and no further until more is taken', () => {
    const { memory, fill } = filledTo(MIB);
    memory.grow(64);
    const pages = aheadOf(memory);
    expect(bringAll(pages)).toBe(8);
    fill(MIB + 256 * 1024);
    expect(bringAll(pages)).toBe(2);
    expect(bringAll(pages)).toBe(0);
  });

  it('as far as there is memory, and beyond once it has grown', () => {
    const { memory } = filledTo(MIB);
    const pages = aheadOf(memory);
    expect(bringAll(pages)).toBe(0);
    memory.grow(8);
    expect(bringAll(pages)).toBe(4);
  });

  it('not while little of it was ever taken', () => {
    const { memory } = filledTo(MIB - RECORD_LEN);
    memory.grow(64);
    expect(bringAll(aheadOf(memory))).toBe(0);
  });

  it('without a change to what is there', () => {
    const { memory } = filledTo(MIB);
    memory.grow(64);
    const words = new Int32Array(memory.buffer).fill(-7, 1);
    bringAll(aheadOf(memory));
    expect(words.subarray(1).every((word) => word === -7)).toBe(true);
  });

  it.skipIf(pagesAreHuge())('so that who takes the records does not wait for them', () => {
    const program = `
      import { PagesAhead } from ${JSON.stringify(new URL('../../dist/reading/pages-ahead.js', import.meta.url).href)};
      const faultsOf = (does) => {
        const before = process.resourceUsage().minorPageFault;
        does();
        return process.resourceUsage().minorPageFault - before;
      };
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
      const words = new Int32Array(memory.buffer);
      const touch = (from) => {
        for (let at = from; at < from + ${MIB}; at += 4096) words[at / 4] = 1;
      };
      words[0] = ${MIB / RECORD_LEN};
      const pages = new PagesAhead([{ memory, takenAt: 0, recordLen: ${RECORD_LEN} }]);
      while (pages.bring()) {}
      console.log(faultsOf(() => touch(${MIB})), faultsOf(() => touch(${2 * MIB})));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const [brought = NaN, others = NaN] = said.trim().split(' ').map(Number);
    expect(others).toBeGreaterThanOrEqual(16); // 64 KiB a page are the most that systems have
    expect(brought).toBeLessThan(others / 2);
  });
});

/** Whether the system gives 2 MiB where 4 KiB are touched. */
function pagesAreHuge(): boolean {
  try {
    return readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').includes('[always]');
  } catch {
    return process.platform !== 'linux';
  }
}
