import { describe, expect, it } from 'vitest';
import { compare } from './compare.mjs';

const STREAM = { a: '192.0.2.1', ap: '40000', b: '198.51.100.7', bp: '443', fa: 7, fb: 9 };
const CONNECTION = {
  client_ip: '192.0.2.1',
  client_port: 40000,
  server_ip: '198.51.100.7',
  server_port: 443,
  client_fin_frame: 7,
  server_fin_frame: 9,
};

describe('the comparison with tshark', () => {
  it('finds no difference where packets, four-tuples and first FINs are equal', () => {
    const result = compare({ tcpPackets: 10, connections: [CONNECTION] }, { tcp_packets: 10, conns: [STREAM] });
    expect(result).toEqual({ packets: true, tuples: true, fins: { equal: 1, all: 1 }, differences: [] });
  });

  it('does not care which end tshark saw first', () => {
    const turned = { a: STREAM.b, ap: STREAM.bp, b: STREAM.a, bp: STREAM.ap, fa: 9, fb: 7 };
    expect(
      compare({ tcpPackets: 1, connections: [CONNECTION] }, { tcp_packets: 1, conns: [turned] }).differences,
    ).toEqual([]);
  });

  it('takes the earliest FIN of each end over our incarnations, whoever was the client', () => {
    const later = { ...CONNECTION, client_fin_frame: 90, server_fin_frame: 70 };
    const turned = {
      client_ip: CONNECTION.server_ip,
      client_port: 443,
      server_ip: CONNECTION.client_ip,
      server_port: 40000,
      client_fin_frame: 9,
      server_fin_frame: 7,
    };
    expect(
      compare({ tcpPackets: 1, connections: [later, turned] }, { tcp_packets: 1, conns: [STREAM] }).differences,
    ).toEqual([]);
  });

  it('leaves FINs alone where tshark sees several streams on a four-tuple', () => {
    const result = compare(
      { tcpPackets: 1, connections: [CONNECTION] },
      { tcp_packets: 1, conns: [STREAM, { ...STREAM, fa: 3 }] },
    );
    expect(result.fins).toEqual({ equal: 0, all: 0 });
  });

  it('names each difference', () => {
    const other = { ...CONNECTION, client_port: 5, client_fin_frame: null, server_fin_frame: null };
    const noFin = { ...CONNECTION, server_fin_frame: null };
    const oracle = { tcp_packets: 2, conns: [STREAM, { ...STREAM, ap: '6', fa: undefined, fb: undefined }] };
    const result = compare({ tcpPackets: 3, connections: [noFin, other] }, oracle);
    expect(result).toMatchObject({ packets: false, tuples: false, fins: { equal: 0, all: 2 } });
    expect(result.differences).toEqual([
      'tcp_packets: ours 3, tshark 2',
      'four-tuple 192.0.2.1 6 - 198.51.100.7 443: tshark has it, we do not',
      'four-tuple 192.0.2.1 5 - 198.51.100.7 443: we have it, tshark does not',
      'first FINs of 192.0.2.1 40000 - 198.51.100.7 443: ours 192.0.2.1 40000 in frame 7, tshark 192.0.2.1 40000 in frame 7, 198.51.100.7 443 in frame 9',
    ]);
  });
});
