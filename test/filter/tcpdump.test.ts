import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordFilter } from '../../src/filter/filter.js';
import type { FilteredRecord } from '../../src/filter/outer-headers.js';
import { FilterSyntaxError } from '../../src/filter/syntax-error.js';
import { LinkType } from '../../src/wire/link-type.js';
import { anyExpression, anyWords } from './support/any-expression.js';
import { EXPRESSIONS, LINK_TYPE_EXPRESSIONS } from './support/expressions.js';
import { manyFrames } from './support/frames.js';
import { HAS_TCPDUMP, tcpdumpAccepts, tcpdumpTakes, WITHOUT_TCPDUMP, writeNumbered } from './support/tcpdump.js';

if (!HAS_TCPDUMP) console.log(WITHOUT_TCPDUMP);

/** Address families that libpcap knows in a loopback header; those of Linux and Windows, and big-endian ones, we do too. */
const LIBPCAP_FAMILIES: readonly number[] = [2, 24, 28, 30];
const LINK_TYPES = {
  'Linux cooked': LinkType.LINUX_SLL,
  'Linux cooked v2': LinkType.LINUX_SLL2,
  'raw IP': LinkType.RAW,
  'raw IPv4': LinkType.IPV4,
  'raw IPv6': LinkType.IPV6,
  'BSD loopback': LinkType.NULL,
  'OpenBSD loopback': LinkType.LOOP,
};

const folder = mkdtempSync(join(tmpdir(), 'tcpclose-filter-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let byLinkType: ReadonlyMap<number, readonly FilteredRecord[]>;
const pathOf = (linkType: number): string => join(folder, `${linkType}.pcap`);
const framesOf = (linkType: number): readonly FilteredRecord[] =>
  (byLinkType.get(linkType) ?? []).filter(
    ({ view, end }) => linkType !== LinkType.NULL || end < 4 || LIBPCAP_FAMILIES.includes(view.getUint32(0, true)),
  );

function weTake(expression: string, linkType: number): number[] {
  const filter = new RecordFilter(expression);
  return framesOf(linkType).flatMap((one, i) => (filter.accepts(one) ? [i] : []));
}

describe.skipIf(!HAS_TCPDUMP)('as tcpdump, the filter', () => {
  beforeAll(async () => {
    byLinkType = await manyFrames();
    for (const linkType of [LinkType.ETHERNET, ...Object.values(LINK_TYPES)])
      writeNumbered(pathOf(linkType), framesOf(linkType), linkType);
  }, 120_000);

  it.each(EXPRESSIONS)('takes of Ethernet: %s', (expression) => {
    expect(weTake(expression, LinkType.ETHERNET)).toEqual(tcpdumpTakes(pathOf(LinkType.ETHERNET), expression));
  });

  it.each(Object.entries(LINK_TYPES))('takes the same frames of %s', (_, linkType) => {
    for (const expression of LINK_TYPE_EXPRESSIONS)
      expect({ expression, taken: weTake(expression, linkType) }).toEqual({
        expression,
        taken: tcpdumpTakes(pathOf(linkType), expression),
      });
  });

  it('takes the same frames for any expression', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        expect(weTake(expression, LinkType.ETHERNET)).toEqual(tcpdumpTakes(pathOf(LinkType.ETHERNET), expression));
      }),
      { numRuns: 40 },
    );
  });

  it('accepts or refuses any words', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(anyWords, (words) => {
        const theirs = tcpdumpAccepts(words);
        expect({ words, accepts: accepts(words), theirs }).toMatchObject({ accepts: theirs === true });
      }),
      { numRuns: 200 },
    );
  });
});

function accepts(expression: string): boolean {
  try {
    return new RecordFilter(expression) instanceof RecordFilter;
  } catch (error) {
    if (error instanceof FilterSyntaxError) return false;
    throw error;
  }
}
