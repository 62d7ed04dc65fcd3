import { ConnectionFlag, EndFlag } from '../../../src/flow/connection-table.js';

/** Flags of a connection that was opened, used and closed without anything odd. */
export const PLAIN =
  ConnectionFlag.LIVE |
  ConnectionFlag.SYN |
  ConnectionFlag.SYN_ACK |
  ConnectionFlag.HANDSHAKE |
  ConnectionFlag.FINISHED |
  ConnectionFlag.RTT_KNOWN;

/** And of either end of it, without `SYN` or `SYN_ACK`. */
export const PLAIN_END =
  EndFlag.HEARD |
  EndFlag.ISN_KNOWN |
  EndFlag.END_KNOWN |
  EndFlag.ACK_KNOWN |
  EndFlag.FIN |
  EndFlag.FIN_ACKED |
  EndFlag.SYN_TIMESTAMP |
  EndFlag.DATA;

/** Flags of a SYN that nobody answered. */
export const LONE_SYN = ConnectionFlag.LIVE | ConnectionFlag.SYN | ConnectionFlag.ATTEMPT;

/** And of the end that sent it. */
export const LONE_SYN_END =
  EndFlag.HEARD | EndFlag.SYN | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN | EndFlag.SYN_NO_TIMESTAMP | EndFlag.NO_TIMESTAMP;
