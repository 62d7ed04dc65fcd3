/** The rows that take no judgement, of connections one by one. */
import { Desk } from '../../flow/desk';
import { recordAt } from '../../flow/short-way/memory';
import { loneSynRow } from './lone-syn';
import { closeRow } from './plain-close';

/** Puts the row of the connection in `slot` on the desk. False: there is more to say of it. Addresses are ids of the database. */
export function row(slot: i32, zeek: f64, lowAddress: f64, highAddress: f64): bool {
  const at = recordAt(slot);
  return (
    closeRow(Desk.PLAIN_ROWS, at, zeek, lowAddress, highAddress) ||
    loneSynRow(Desk.PLAIN_ROWS, at, zeek, lowAddress, highAddress)
  );
}
