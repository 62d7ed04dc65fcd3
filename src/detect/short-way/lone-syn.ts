/** The row of a connection that is nothing but a SYN, which nobody has answered: a scan or a flood is millions of them. */
import { ConnectionColumn } from '../../flow/connection-columns';
import { Block, ConnectionFlag, End, EndFlag, Head } from '../../flow/record-layout';
import { word } from '../../flow/short-way/memory';
import { PlainOutcome } from '../plain-outcome';
import { isUncommon, putCommon } from './common-columns';
import { NONE, put } from './put';

/** Of a connection with any other flag than these there is more to say. */
const ALL: i32 = ConnectionFlag.LIVE | ConnectionFlag.SYN | ConnectionFlag.ATTEMPT;
const ANY: i32 = ConnectionFlag.CLIENT_HIGH | ConnectionFlag.FIRST_HIGH | ConnectionFlag.V6 | ConnectionFlag.CHANGED;

/** Likewise of the client; the server was not heard. */
const CLIENT_ALL: i32 = EndFlag.HEARD | EndFlag.SYN | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN;
const CLIENT_ANY: i32 =
  EndFlag.SYN_TIMESTAMP | EndFlag.SYN_NO_TIMESTAMP | EndFlag.TIMESTAMP | EndFlag.NO_TIMESTAMP | EndFlag.TSVAL_KNOWN;

/** Puts the row of the connection whose record is at `at` to `to`. False: it is more than a SYN. Addresses are ids of the database. */
export function loneSynRow(to: i32, at: i32, zeek: f64, lowAddress: f64, highAddress: f64): bool {
  const state = word(at, Head.FLAGS);
  if ((state & ~ANY) != ALL) return false;
  const clientIsHigh = (state & ConnectionFlag.CLIENT_HIGH) != 0;
  const client = at + ((clientIsHigh ? Block.HIGH : Block.LOW) << 2);
  const server = at + ((clientIsHigh ? Block.LOW : Block.HIGH) << 2);
  const clientFlags = word(client, End.FLAGS);
  if ((clientFlags & ~CLIENT_ANY) != CLIENT_ALL || word(server, End.FLAGS) != 0) return false;
  if (isUncommon(at, client, server, 0)) return false;

  const without = (clientFlags & EndFlag.SYN_NO_TIMESTAMP) != 0;
  const outcome = PlainOutcome.LONE_SYN + (without ? PlainOutcome.WITHOUT_TIMESTAMPS : PlainOutcome.WITH_TIMESTAMPS);
  // What no answer, no FIN and no TIME_WAIT leave without a value; some of these columns are put below.
  for (let column = <i32>ConnectionColumn.SERVER_ISN; column < ConnectionColumn.COUNT; column++) put(to, column, NONE);
  putCommon(to, at, client, server, clientIsHigh, lowAddress, highAddress, outcome, zeek);
  return true;
}
