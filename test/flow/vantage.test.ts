import { describe, expect, it } from 'vitest';
import { analyzeConversation } from '../support/run.js';

/** A handshake of 40 ms whose SYN-ACK passes the tap `synAck` ms after the SYN. */
function handshake(port: number, synAck: number, ttls = [64, 60], extra = ''): string {
  const at = port / 1000;
  return `A = 192.0.2.1:${port}   B = 198.51.100.7:443
    ${at.toFixed(4)} A > B S 1000 ttl ${ttls[0]}
    ${(at + synAck / 1000).toFixed(4)} B > A S. 5000 ack 1001 ttl ${ttls[1]}
    ${(at + 0.04).toFixed(4)} A > B . 1001${extra} ack 5001 ttl ${ttls[0]}`;
}

async function vantage(...handshakes: string[]): Promise<unknown> {
  return (await analyzeConversation(handshakes.join('\n'))).captures[0]!.vantage;
}

describe('where the tap was', () => {
  it.each([
    ['client', 39.5, [64, 57]],
    ['server', 0.5, [57, 64]],
    ['middle', 20, [60, 60]],
  ])('is the %s side, or between, by what of the round trip passes before the SYN-ACK', async (place, ms, ttls) => {
    expect(await vantage(handshake(40000, ms, ttls))).toBe(place);
  });

  it('is what most handshakes say: a busy host answers late', async () => {
    expect(await vantage(handshake(40000, 0.5, [60, 64]), handshake(40001, 0.5, [60, 64]), handshake(40002, 30))).toBe(
      'server',
    );
  });

  it.each([
    ['handshakes disagree', [handshake(40000, 0.5, [64, 64]), handshake(40001, 39.5, [64, 64])]],
    ['the time to live says that the near end is behind a router', [handshake(40000, 0.5, [64, 60])]],
    ['the last ACK waited for data', [handshake(40000, 0.5, [60, 64], '(9)')]],
    ['there is no handshake', ['A = 192.0.2.1:40000   B = 198.51.100.7:443', '0 A > B S 1000']],
    [
      'both ends are on one wire',
      [
        'A = 192.0.2.1:40000   B = 198.51.100.7:443',
        '0 A > B S 1',
        '0.00002 B > A S. 5 ack 2',
        '0.0001 A > B . 2 ack 6',
      ],
    ],
  ])('is not known where %s', async (_, lines) => {
    expect(await vantage(...lines)).toBeNull();
  });
});
