import { expect, test } from 'vitest';
import { ConnectionColumn } from '../../src/flow/connection-columns.js';
import { CONNECTION_ROW } from '../../src/flow/row-layout.js';

const PLACES: Readonly<Record<(typeof CONNECTION_ROW.columns)[number], number>> = {
  id: ConnectionColumn.ID,
  client_address: ConnectionColumn.CLIENT_ADDRESS,
  server_address: ConnectionColumn.SERVER_ADDRESS,
  ports: ConnectionColumn.PORTS,
  outcome: ConnectionColumn.OUTCOME,
  reset: ConnectionColumn.RESET,
  first_rel: ConnectionColumn.FIRST_REL,
  lasted_span: ConnectionColumn.LASTED_SPAN,
  first_at: ConnectionColumn.FIRST_AT,
  last_past: ConnectionColumn.LAST_PAST,
  rtt_span: ConnectionColumn.RTT_SPAN,
  syn_ack_span: ConnectionColumn.SYN_ACK_SPAN,
  syn_ack_past: ConnectionColumn.SYN_ACK_PAST,
  handshake_ack_past: ConnectionColumn.HANDSHAKE_ACK_PAST,
  client_isn: ConnectionColumn.CLIENT_ISN,
  server_isn: ConnectionColumn.SERVER_ISN,
  client_packets: ConnectionColumn.CLIENT_PACKETS,
  server_packets: ConnectionColumn.SERVER_PACKETS,
  client_bytes: ConnectionColumn.CLIENT_BYTES,
  server_bytes: ConnectionColumn.SERVER_BYTES,
  client_fin_past: ConnectionColumn.CLIENT_FIN_PAST,
  server_fin_past: ConnectionColumn.SERVER_FIN_PAST,
  client_fin_rel: ConnectionColumn.CLIENT_FIN_REL,
  server_fin_rel: ConnectionColumn.SERVER_FIN_REL,
  idle_end_span: ConnectionColumn.IDLE_END_SPAN,
  idle_max_span: ConnectionColumn.IDLE_MAX_SPAN,
  time_wait_rel: ConnectionColumn.TIME_WAIT_REL,
  close_wait_span: ConnectionColumn.CLOSE_WAIT_SPAN,
};

test('a row that AssemblyScript makes has its columns where the layout has them', () => {
  expect(PLACES).toEqual(Object.fromEntries(CONNECTION_ROW.columns.map((name, place) => [name, place])));
  expect(ConnectionColumn.COUNT).toBe(CONNECTION_ROW.columns.length);
});
