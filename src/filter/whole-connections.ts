import type { Expression } from './expression.js';

/**
 * Whether the expression treats all segments of a connection alike: it asks for nothing but protocols, VLANs, and
 * addresses and ports of either direction. One that asks for octets, lengths or a direction may take some segments of a
 * connection and leave others, and what is left then looks like a capture with losses.
 *
 * The answer is a careful one: `src port 80 or dst port 80` does treat them alike, and is not recognized.
 */
export function keepsConnectionsWhole(expression: Expression): boolean {
  const waiting = [expression];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    switch (one.kind) {
      case 'and':
      case 'or':
        waiting.push(one.left, one.right);
        break;
      case 'not':
        waiting.push(one.of);
        break;
      case 'ipv4':
      case 'ipv6':
      case 'mac':
      case 'ports':
        if (one.direction === 'src' || one.direction === 'dst') return false;
        break;
      case 'broadcast':
      case 'multicast':
      case 'relation':
        return false;
      case 'ether-type':
      case 'ip-protocol':
      case 'vlan':
        break;
    }
  }
  return true;
}
