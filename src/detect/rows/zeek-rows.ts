import type { ConnectionView } from '../../flow/connection-view.js';
import { ZEEK_CONN_ROW } from '../../flow/row-layout.js';
import type { RowSink } from '../../flow/row-sink.js';
import { ZeekState, zeekConnState } from '../../flow/zeek-automaton.js';
import type { ZeekConnection } from '../../flow/zeek-connection.js';
import { RowWriter } from './row-writer.js';

/** Row ids are those of the connection, with room for so many parts each. */
const PARTS = 2 ** 20;

/** Tells the database what Zeek would log. */
export class ZeekRows {
  readonly #sink: RowSink;
  readonly #row: RowWriter;
  /** Number of the history of each node of the automaton; 0: not told yet. */
  #ofNode = new Int32Array(64);
  readonly #ofText = new Map<string, number>();
  /** Of the first nodes as in `#ofNode`, for others to read. */
  readonly #shared: Int32Array;

  constructor(sink: RowSink, shared: Int32Array = new Int32Array(0)) {
    this.#sink = sink;
    this.#shared = shared;
    this.#row = new RowWriter(sink.rows(ZEEK_CONN_ROW));
  }

  /** The Zeek code for the connection's own row: 0 where a row of ZEEK_CONN_ROW tells more, or Zeek has none. */
  settle(c: ConnectionView, zeek: ZeekConnection | null): number {
    if (zeek === null) return 0;
    if (zeek.part === 0 && isTheConnection(c, zeek)) {
      return this.#history(zeek) * 2 + (zeek.orig === c.client.index ? 0 : 1);
    }
    this.write(c, zeek);
    return 0;
  }

  write(c: ConnectionView, zeek: ZeekConnection): void {
    const { orig } = zeek;
    const resp = 1 - orig;
    this.#row
      .put(c.id * PARTS + zeek.part)
      .put(c.id)
      .put(zeek.part)
      .put(this.#history(zeek))
      .put(this.#sink.addressId(c.family, c.address(orig)))
      .put(this.#sink.addressId(c.family, c.address(resp)))
      .put(c.port(orig) * 65536 + c.port(resp))
      .putNs(zeek.firstNs)
      .putNs(Math.max(0, zeek.lastNs - zeek.firstNs))
      .put(zeek.packets(orig))
      .put(zeek.packets(resp))
      .put(zeek.bytes(orig))
      .put(zeek.bytes(resp))
      .commit();
  }

  #history(zeek: ZeekConnection): number {
    const { node, number } = zeek;
    // Here Zeek looks at the octets, too, so one node can have two states.
    const byOctets = node.orig.state === ZeekState.RESET && node.resp.state === ZeekState.RESET;
    const known = byOctets ? 0 : this.#ofNode[number];
    if (known !== undefined && known !== 0) return known;
    const connState = zeekConnState(node, zeek.lowBytes === 0 && zeek.highBytes === 0);
    const text = `${connState} ${node.history}`;
    let id = this.#ofText.get(text);
    if (id === undefined) {
      id = this.#ofText.size + 1;
      this.#ofText.set(text, id);
      this.#sink.zeekHistory({ id, connState, history: node.history === '' ? null : node.history });
    }
    if (!byOctets) this.#remember(number, id);
    return id;
  }

  #remember(number: number, id: number): void {
    if (number >= this.#ofNode.length) {
      const grown = new Int32Array(Math.max(number + 1, this.#ofNode.length * 2));
      grown.set(this.#ofNode);
      this.#ofNode = grown;
    }
    this.#ofNode[number] = id;
    if (number < this.#shared.length) this.#shared[number] = id;
  }
}

/** Whether the view makes Zeek's numbers of those of the connection's row (`store/views/zeek-conn.ts`). */
function isTheConnection(c: ConnectionView, zeek: ZeekConnection): boolean {
  const { client, server } = c;
  const lastNs = client.fin && server.fin ? Math.max(client.finNs, server.finNs) : c.lastNs;
  return (
    zeek.packets(client.index) === client.packets &&
    zeek.packets(server.index) === server.packets &&
    zeek.bytes(client.index) === client.bytes - client.repeated &&
    zeek.bytes(server.index) === server.bytes - server.repeated &&
    Math.abs(zeek.lastNs - lastNs) < 1
  );
}
