import { describe, expect, it } from 'vitest';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';
const OPEN = `${ENDS}
  0.00 A > B S 1000
  0.01 B > A S. 5000 ack 1001
  0.02 A > B . 1001 ack 5001`;

/** What Zeek would log of a conversation: `conn_state history` of each of its connections. */
async function zeek(conversation: string): Promise<string[]> {
  const rows = (await analyzeConversation(conversation)).query('SELECT * FROM zeek_conn ORDER BY ts, uid');
  return rows.map((row) => `${row.conn_state} ${row.history}`);
}

describe('conn_state and history, as Zeek writes them', () => {
  it.each([
    ['an orderly close', 'SF ShADadFf', `
      0.10 A > B P. 1001:1011(10) ack 5001
      0.11 B > A . 5001 ack 1011
      0.12 B > A P. 5001:5021(20) ack 1011
      0.13 A > B F. 1011 ack 5021
      0.14 B > A F. 5021 ack 1012
      0.15 A > B . 1012 ack 5022`],
    ['an open connection', 'S1 ShA', ''],
    ['a close of the originator alone', 'S2 ShAFa', `
      1 A > B F. 1001 ack 5001
      2 B > A . 5001 ack 1002`],
    ['a close of the responder alone', 'S3 ShAf', `
      1 B > A F. 5001 ack 1001
      2 A > B . 1001 ack 5002`],
    ['a reset of the originator', 'RSTO ShADR', `
      1 A > B P. 1001:1011(10) ack 5001
      2 A > B R. 1011 ack 5001`],
    ['a reset of the responder', 'RSTR ShADr', `
      1 A > B P. 1001:1011(10) ack 5001
      2 B > A R. 5001 ack 1011`],
    ['a reset of the originator after its FIN', 'RSTO ShAFdR', `
      1.0 A > B F. 1001 ack 5001
      1.1 B > A P. 5001:5011(10) ack 1002
      1.2 A > B R 1002`],
    ['a reset after both FINs, which changes nothing', 'SF ShAFfR', `
      1.0 A > B F. 1001 ack 5001
      1.1 B > A F. 5001 ack 1002
      1.2 A > B R 1002`],
  ])('%s: %s', async (_, expected, rest) => {
    expect(await zeek(OPEN + rest)).toEqual([expected]);
  }); // prettier-ignore

  it.each([
    ['a SYN that nobody answers', 'S0 S', '0 A > B S 1000'],
    ['a SYN that is refused', 'REJ Sr', `
      0.0 A > B S 1000
      0.1 B > A R. 0 ack 1001`],
    ['a SYN-ACK that the originator refuses, without an octet', 'RSTO ShR', `
      0.0 A > B S 1000
      0.1 B > A S. 5000 ack 1001
      0.2 A > B R 1001`],
    ['a SYN and a reset behind it', 'RSTOS0 SR', `
      0.0 A > B S 1000
      0.1 A > B R 1001`],
    ['a SYN, an ACK and a reset: no RSTOS0, for there is an A between', 'OTH SAR', `
      0.0 A > B S 1000
      0.1 A > B . 1001 ack 5001
      0.2 A > B R 1001`],
    ['a SYN and a FIN behind it', 'SH SF', `
      0.0 A > B S 1000
      0.1 A > B F 1001`],
    ['a SYN-ACK and a reset of its sender, whose port is a server\'s', 'RSTRH ^hr', `
      0.0 B > A S. 5000 ack 1001
      0.1 B > A R 5001`],
    ['a SYN-ACK and a FIN of its sender', 'SHR ^hf', `
      0.0 B > A S. 5000 ack 1001
      0.1 B > A F. 5001 ack 1001`],
    ['a connection that the capture found under way', 'OTH DadA', `
      0.0 A > B P. 1001:1011(10) ack 5001
      0.1 B > A . 5001 ack 1011
      0.2 B > A P. 5001:5011(10) ack 1011
      0.3 A > B . 1011 ack 5011`],
    ['the same from the server\'s side: the roles are guessed from the port', 'OTH ^dA', `
      0.0 B > A P. 5001:5011(10) ack 1001
      0.1 A > B . 1001 ack 5011`],
    ['a missed SYN: the ACK of the SYN-ACK establishes it', 'S1 ^hADd', `
      0.0 B > A S. 5000 ack 1001
      0.1 A > B . 1001 ack 5001
      0.2 A > B P. 1001:1011(10) ack 5001
      0.3 B > A P. 5001:5011(10) ack 1011`],
    ['flags that exclude each other', 'REJ QiI', `
      0.0 A > B SF 1000
      0.1 B > A RF. 5001 ack 1001
      0.2 A > B RF 1001`],
  ])('%s: %s', async (_, expected, lines) => {
    expect(await zeek(`${ENDS}\n${lines}`)).toEqual([expected]);
  }); // prettier-ignore

  it('guesses no roles from ports that are no server\'s', async () => {
    expect(await zeek(`A = 192.0.2.1:40000     B = 198.51.100.7:50000
      0.0 B > A P. 5001:5011(10) ack 1001
      0.1 A > B . 1001 ack 5011`)).toEqual(['OTH Da']);
  }); // prettier-ignore

  it('exchanges the roles where the SYN-ACK was captured before the SYN', async () => {
    expect(await zeek(`A = 192.0.2.1:40000     B = 198.51.100.7:50000
      0.0100 B > A S. 5000 ack 1001
      0.0101 A > B S 1000
      0.0200 A > B . 1001 ack 5001`)).toEqual(['S1 Hs^A']);
  }); // prettier-ignore
});

describe('letters that are written more than once', () => {
  const data = (times: number): string =>
    Array.from({ length: times }, (_, i) => `${1 + i / 10} A > B P. 1001:1011(10) ack 5001 id ${100 + i}`).join('\n');

  it('retransmissions: the 1st, the 10th, the 100th', async () => {
    expect(await zeek(`${OPEN}\n${data(2)}`)).toEqual(['S1 ShADT']);
    expect(await zeek(`${OPEN}\n${data(10)}`)).toEqual(['S1 ShADT']);
    expect(await zeek(`${OPEN}\n${data(11)}`)).toEqual(['S1 ShADTT']);
    expect(await zeek(`${OPEN}\n${data(101)}`)).toEqual(['S1 ShADTTT']);
  });

  it('what the capture holds twice is a retransmission to Zeek, and counts as a packet', async () => {
    const analysis = await analyzeConversation(`${OPEN}
      1.0      A > B P. 1001:1011(10) ack 5001
      1.00001  copy`);
    expect(analysis.query('SELECT history, orig_pkts, orig_bytes, duration FROM zeek_conn')).toEqual([
      { history: 'ShADT', orig_pkts: 4, orig_bytes: 10, duration: 1.00001 },
    ]);
    expect(analysis.connection).toMatchObject({ client_packets: 3, client_retransmissions: 0 });
  });

  it('a keepalive without an octet is an ACK, with one a retransmission', async () => {
    expect(await zeek(`${OPEN}
      1 A > B P. 1001:1011(10) ack 5001
      2 A > B . 1010 ack 5001
      3 A > B . 1010:1011(1) ack 5001`)).toEqual(['S1 ShADT']);
  }); // prettier-ignore

  it('zero windows: the 1st, the 10th; not of a reset, nor after the other end has closed', async () => {
    const full = (times: number): string =>
      Array.from({ length: times }, (_, i) => `${1 + i} A > B . 1001 ack 5001 win 0`).join('\n');
    expect(await zeek(`${OPEN}\n${full(9)}`)).toEqual(['S1 ShAW']);
    expect(await zeek(`${OPEN}\n${full(10)}`)).toEqual(['S1 ShAWW']);
    expect(await zeek(`${OPEN}
      1 B > A F. 5001 ack 1001
      2 A > B . 1001 ack 5002 win 0
      3 A > B R 1001 win 0`)).toEqual(['RSTO ShAfR']);
  }); // prettier-ignore

  it('a FIN and a RST once for each number', async () => {
    expect(await zeek(`${OPEN}
      1.0 A > B F. 1001 ack 5001
      1.2 A > B F. 1001 ack 5001
      1.4 A > B F. 1001:1006(5) ack 5001
      1.6 B > A R 5001
      1.7 B > A R 5001
      1.8 B > A R 5002
      1.9 B > A R 5002`)).toEqual(['RSTR ShAFFrr']);
  }); // prettier-ignore

  it('octets that were acknowledged and not captured are a gap, once each', async () => {
    expect(await zeek(`${OPEN}
      1.0 A > B P. 1011:1021(10) ack 5001
      1.1 B > A . 5001 ack 1021
      1.2 B > A . 5001 ack 1021`)).toEqual(['S1 ShADaG']);
    expect(await zeek(`${OPEN}
      1.0 A > B P. 1001:1011(10) ack 5001
      1.1 B > A . 5001 ack 1021`)).toEqual(['S1 ShADaG']);
  }); // prettier-ignore

  it('payload that the snap length cut off is a gap to Zeek when it is acknowledged', async () => {
    expect(await zeek(`${OPEN}
      1.0 A > B P. 1001:1501(500) ack 5001 cut 96
      1.1 B > A . 5001 ack 1501
      1.2 B > A P. 5001:5501(500) ack 1501 cut 96
      1.3 B > A P. 5501:5511(10) ack 1501 cut 96
      1.4 A > B . 1501 ack 5511
      1.5 A > B . 1501 ack 5511`)).toEqual(['S1 ShADaGdg']);
  }); // prettier-ignore

  it('of gaps the 1st and the 10th are told, too', async () => {
    const cut = Array.from(
      { length: 10 },
      (_, i) => `
      ${i + 1}.0 A > B P. ${1001 + i * 500}(500) ack 5001 cut 96
      ${i + 1}.1 B > A . 5001 ack ${1501 + i * 500}`,
    );
    expect(await zeek(OPEN + cut.slice(0, 9).join(''))).toEqual(['S1 ShADaG']);
    expect(await zeek(OPEN + cut.join(''))).toEqual(['S1 ShADaGG']);
  });

  it('a hole that is filled before its ACK, and a FIN that is acknowledged, are no gaps', async () => {
    expect(await zeek(`${OPEN}
      1.0 A > B P. 1011:1021(10) ack 5001
      1.1 A > B P. 1001:1011(10) ack 5001
      1.2 B > A . 5001 ack 1021
      1.3 A > B F. 1021 ack 5001
      1.4 B > A . 5001 ack 1022`)).toEqual(['S2 ShADTaF']);
  }); // prettier-ignore
});

describe('what is one connection to Zeek and what several', () => {
  it('gives up a SYN after five seconds: its later copy is another connection', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0 A > B S 1000
      1 A > B S 1000
      3 A > B S 1000
      7 A > B S 1000
      7.1 B > A S. 5000 ack 1001
      7.2 A > B . 1001 ack 5001
      7.3 A > B P. 1001:1011(10) ack 5001`);
    const columns = 'uid, id_orig_h, conn_state, history, duration, orig_pkts, resp_pkts, orig_bytes';
    const rows = analysis.query(`SELECT ${columns} FROM zeek_conn ORDER BY ts`);
    expect(rows).toMatchObject([
      { uid: 'C1.0', conn_state: 'S0', history: 'S', duration: 3, orig_pkts: 3, resp_pkts: 0, orig_bytes: 0 },
      { uid: 'C1.1', conn_state: 'S1', history: 'ShAD', orig_pkts: 3, resp_pkts: 1, orig_bytes: 10 },
    ]);
    expect(analysis.connection).toMatchObject({ syn_count: 4 });
  });

  it('a refused SYN and its repetition are two', async () => {
    expect(await zeek(`${ENDS}
      0.0 A > B S 1000
      0.1 B > A R. 0 ack 1001
      0.6 A > B S 1000
      0.7 B > A R. 0 ack 1001`)).toEqual(['REJ Sr', 'REJ Sr']);
  }); // prettier-ignore

  it('five minutes of silence end a connection; an hour where people type', async () => {
    const late = `
      400 A > B P. 1001:1011(10) ack 5001
      401 B > A . 5001 ack 1011`;
    expect(await zeek(OPEN + late)).toEqual(['S1 ShA', 'OTH Da']);
    expect(await zeek(OPEN.replace(':443', ':22') + late)).toEqual(['S1 ShADa']);
  });

  it('five seconds after a close Zeek has forgotten it', async () => {
    const closed = `${OPEN}
      1.0 A > B F. 1001 ack 5001
      1.1 B > A F. 5001 ack 1002`;
    expect(await zeek(`${closed}\n 6.0 B > A F. 5001 ack 1002`)).toEqual(['SF ShAFf']);
    expect(await zeek(`${closed}\n 6.2 B > A F. 5001 ack 1002`)).toEqual(['SF ShAFf', 'SHR ^f']);
  });

  it('counts the time to the second FIN', async () => {
    const analysis = await analyzeConversation(established().sends('client', 100).closedBy('client').toString());
    const row = analysis.query('SELECT * FROM zeek_conn')[0]!;
    const { client_fin_ns, server_fin_ns, first_ns } = analysis.connection;
    const end = [client_fin_ns!, server_fin_ns!].map(BigInt).reduce((a, b) => (a > b ? a : b));
    expect(row.duration).toBeCloseTo(Number(end - BigInt(first_ns!)) / 1e9, 9);
    expect(row).toMatchObject({
      uid: 'C1',
      proto: 'tcp',
      id_orig_p: 40000,
      id_resp_p: 443,
      orig_bytes: 100,
      resp_bytes: 0,
    });
  });
});
