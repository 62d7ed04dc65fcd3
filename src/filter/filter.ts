import { compile } from './compile.js';
import type { Test } from './compile-arithmetic.js';
import { OuterHeaders, type FilteredRecord } from './outer-headers.js';
import { parseFilter } from './parser.js';
import { keepsConnectionsWhole } from './whole-connections.js';

/**
 * A filter in the syntax of tcpdump (pcap-filter(7)), asked of each record before it is decoded.
 *
 * It looks at the outer headers, not into tunnels, as tcpdump does: whoever wants what a GRE tunnel holds writes
 * `proto gre`. On Ethernet and Linux cooked captures a VLAN tag hides what is behind it until `vlan` is written. On link
 * types that have no EtherType of their own it looks at the first Ethernet or IP header that the decoder comes to.
 */
export class RecordFilter {
  /** False where it may take some segments of a connection and leave others. */
  readonly keepsConnectionsWhole: boolean;
  readonly #test: Test;
  readonly #headers = new OuterHeaders();

  /** @throws FilterSyntaxError where the expression cannot be read or asks for what is not known here. */
  constructor(expression: string) {
    const parsed = parseFilter(expression);
    this.keepsConnectionsWhole = keepsConnectionsWhole(parsed);
    this.#test = compile(parsed);
  }

  /** Whether the record is one to analyse. Never throws, whatever the octets are, and allocates nothing. */
  accepts(record: FilteredRecord): boolean {
    const headers = this.#headers;
    headers.look(record);
    return this.#test(headers) && !headers.isCut;
  }
}
