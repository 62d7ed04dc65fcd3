import { Family } from '../segment/segment-batch.js';
import type { AddressTable } from '../segment/address-table.js';

/** The column value of an address that the database gives as text: `AddressTable.text` the other way round. */
export function addressValue(ip: string, addresses: AddressTable): { readonly family: number; readonly value: number } {
  if (!ip.includes(':')) return { family: Family.V4, value: ipv4Value(ip) };
  const [a, b, c, d] = ipv6Words(ip);
  return { family: Family.V6, value: addresses.internWords(a, b, c, d) };
}

function ipv4Value(ip: string): number {
  return ip.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
}

/** Four big-endian words of an address as RFC 5952 writes it, IPv4-mapped ones with their dots. */
function ipv6Words(ip: string): [number, number, number, number] {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(ip);
  const mapped = dotted === null ? 0 : ipv4Value(dotted[2] ?? '');
  const text = dotted === null ? ip : `${dotted[1]}${(mapped >>> 16).toString(16)}:${(mapped & 0xffff).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  const word = (i: number): number => (all[i] ?? 0) * 65536 + (all[i + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}
