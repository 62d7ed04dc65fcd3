import { describe, expect, it } from 'vitest';
import { DistinctAddresses } from '../../src/detect/ports/distinct-addresses.js';

function ofFirst(addresses: number): DistinctAddresses {
  const distinct = new DistinctAddresses();
  for (let i = 0; i < 2 * addresses; i++) distinct.add(i % addresses); // each comes twice
  return distinct;
}

describe('distinct addresses', () => {
  it.each([
    [1, '1 client'],
    [2, '2 clients'],
    [4096, '4,096 clients'],
  ])('are counted exactly up to 4,096: %d', (addresses, text) => {
    const distinct = ofFirst(addresses);
    expect(distinct.counted('client', 'clients')).toBe(text);
    expect(distinct.evidence('clients')).toEqual({ clients: addresses });
  });

  it.each([4097, 10_000])('are said to be at least so many where there are more: %d', (addresses) => {
    const distinct = ofFirst(addresses);
    expect(distinct.counted('client', 'clients')).toBe('at least 4,096 clients');
    expect(distinct.evidence('clients')).toEqual({ clients: 4096, clients_at_least: true });
  });
});
