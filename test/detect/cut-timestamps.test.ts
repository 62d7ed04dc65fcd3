import { expect, it } from 'vitest';
import { analyzeConversation } from '../support/run.js';

/**
 * The third segment echoes a timestamp that its receiver never sent: `ecr`. `cut`: what the snap length leaves of the
 * SYN and the SYN-ACK.
 */
const talk = (cut: string, ecr: number): string => `
  A = 192.0.2.1:40000     B = 198.51.100.7:443
  0.00 A > B S 1000 <mss 1460, TS val 100 ecr 0>${cut}
  0.01 B > A S. 5000 ack 1001 <mss 1460, TS val 900 ecr 100>${cut}
  0.02 A > B . 1001 ack 5001 <TS val 110 ecr ${ecr}>
  0.03 B > A . 5001 ack 1001 <TS val 920 ecr 110>
  0.04 A > B P. 1001:1061(60) ack 5001 <TS val 130 ecr 920>
  0.05 B > A P. 5001:5201(200) ack 1061 <TS val 940 ecr 130>
  0.06 A > B . 1061 ack 5201 <TS val 150 ecr 940>
  0.07 B > A F. 5201 ack 1061 <TS val 960 ecr 150>
  0.08 A > B F. 1061 ack 5202 <TS val 170 ecr 960>
  0.09 B > A . 5202 ack 1062 <TS val 980 ecr 170>`;

it.each([
  ['that was cut off', ' cut 58'],
  ['that was not', ''],
])(
  'an echo of what the other never sent is not TS.Recent, though it cannot be told by a SYN-ACK %s',
  async (_, cut) => {
    const { connection, pawsRejections } = await analyzeConversation(talk(cut, 7_000_900));
    expect(pawsRejections).toEqual([]);
    expect(connection).toMatchObject({ close: 'fin', closed_first: 'server', time_wait_at: 'server' });
  },
);

it('where the SYN-ACK was cut off, TS.Recent is known from what comes after it', async () => {
  const late = '0.065 B > A P. 5201:5211(10) ack 1061 <TS val 905 ecr 130>';
  const { pawsRejections } = await analyzeConversation(talk(' cut 58', 900).replace('0.07 B', `${late}\n  0.07 B`));
  expect(pawsRejections).toMatchObject([{ sender: 'server', tsval: 905, ts_recent: 940 }]);
});

const STAMPED = '<mss 1460, TS val 100 ecr 0>';

it.each([
  ['nothing is left of them', `${STAMPED} cut 54`, `${STAMPED} cut 54`, 'strong'],
  ['the client shows that it has them', STAMPED, `${STAMPED} cut 54`, 'certain'],
  ['the server shows that it has them', `${STAMPED} cut 54`, STAMPED, 'certain'],
  ['the client shows that it has none', '<mss 1460>', '<mss 1460> cut 54', 'certain'],
  ['the server shows that it has none', '<mss 1460> cut 54', '<mss 1460>', 'certain'],
])(
  'who closed first with a reset is told by what the snap length left of timestamps: %s',
  async (_, syn, synAck, sure) => {
    const { connection } = await analyzeConversation(`
    A = 192.0.2.1:40000     B = 198.51.100.7:443
    0.00 A > B S 1000 ${syn}
    0.01 B > A S. 5000 ack 1001 ${synAck}
    0.02 A > B . 1001 ack 5001 <TS val 110 ecr 100> cut 54
    0.50 A > B P. 1001(9) ack 5001 <TS val 590 ecr 100> cut 54
    0.51 B > A . 5001 ack 1010 <TS val 600 ecr 590> cut 54
    1.00 A > B R. 1010 ack 5001 <TS val 1090 ecr 600> cut 54`);
    expect(connection).toMatchObject({ closed_first: 'client', closed_first_confidence: sure });
  },
);
