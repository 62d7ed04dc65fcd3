import { describe, expect, it } from 'vitest';
import { CLOSER_BARS, closersChart } from '../../../src/report/html/closers.js';
import { countServices } from '../../../src/store/page/services.js';
import { established, Talk } from '../../support/conversation.js';
import { analyzeConversation } from '../../support/run.js';

const chartOf = async (talks: readonly Talk[]): Promise<string> => {
  const { database } = await analyzeConversation(talks.join('\n'));
  return (
    closersChart(countServices(database.defaultSafeIntegers(false), { busiest: 0, closed: CLOSER_BARS }))?.text ?? ''
  );
};
const closed = (services: number, by: 'client' | 'server', from = 1000): Talk[] =>
  Array.from({ length: services }, (_, i) => established({ server: `198.51.100.7:${from + i}`, at: i }).closedBy(by));

describe('who closed first, at each service', () => {
  it('counts the connections of all services, and says how many have no bar', async () => {
    const page = await chartOf([...closed(15, 'server'), ...closed(5, 'client', 2000)]);
    expect(page).toContain('Closed first: the server 15, the client 5.');
    expect(page).toContain(
      'Bars: 12 services, the busiest at which anybody closed; the 8 others had 8 of the 20 connections.',
    );
  });

  it('leaves nothing to say where each service has its bar', async () => {
    const page = await chartOf(closed(3, 'client'));
    expect(page).toContain('Closed first: the client 3. The side');
  });

  it('draws the services at which somebody closed, however many others had more attempts', async () => {
    const attempts = Array.from({ length: 250 }, (_, port) =>
      ['192.0.2.1', '192.0.2.2'].map((ip) =>
        new Talk({ client: `${ip}:40000`, server: `198.51.100.7:${3000 + port}`, at: port }).segment('client', 'S'),
      ),
    );
    const page = await chartOf([...attempts.flat(), ...closed(1, 'server')]);
    expect(page).toContain('198.51.100.7:1000');
    expect(page).toContain('Closed first: nobody 500, the server 1.');
    expect(await chartOf(attempts.flat())).toBe('');
  });
});
