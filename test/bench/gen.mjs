// Writes a synthetic capture for speed measurements: N short connections, many open at once, each
// SYN, SYN-ACK, ACK, request, ACK, response(s), ACK, FIN-ACK, FIN-ACK, ACK, with the timestamp option.
// usage: node gen.mjs OUT CONNECTIONS [RESPONSE_SEGMENTS=1] [PAYLOAD=100] [CONCURRENT=1000] [SNAPLEN=262144] [GAP_US=3] [flood]
// GAP_US: capture time between packets. flood: every connection is one unanswered SYN.
// A twentieth of the connections end in a reset, a third of the rest are closed first by the client, the others by the server.
import fs from 'node:fs';
const [out, nArg, segArg = '1', payArg = '100', concArg = '1000', snapArg = '262144', gapArg = '3', mode = ''] =
  process.argv.slice(2);
const N = +nArg,
  SEG = +segArg,
  PAY = +payArg,
  CONC = +concArg,
  SNAP = +snapArg,
  GAP = +gapArg;
const fd = fs.openSync(out, 'w');
const CHUNK = 1 << 24;
let buf = Buffer.alloc(CHUNK),
  pos = 0;
const flush = () => {
  fs.writeSync(fd, buf, 0, pos);
  pos = 0;
};
buf.writeUInt32LE(0xa1b2c3d4, 0);
buf.writeUInt16LE(2, 4);
buf.writeUInt16LE(4, 6);
buf.writeUInt32LE(SNAP, 16);
buf.writeUInt32LE(1, 20);
pos = 24;
let seed = 12345;
const rnd = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0);
let tUs = 0,
  base = 1700000000,
  packets = 0;
function pkt(c, fromClient, flags, seq, ack, len, syn) {
  const opt = syn ? 20 : 12,
    frame = 14 + 20 + 20 + opt + len,
    cap = Math.min(frame, SNAP);
  if (pos + 16 + frame > CHUNK) flush();
  tUs += GAP;
  packets++;
  let p = pos;
  const b = buf;
  b.writeUInt32LE(base + Math.floor(tUs / 1e6), p);
  b.writeUInt32LE(tUs % 1000000, p + 4);
  b.writeUInt32LE(cap, p + 8);
  b.writeUInt32LE(frame, p + 12);
  p += 16;
  b.fill(0, p, p + frame);
  b[p + 5] = fromClient ? 2 : 1;
  b[p + 11] = fromClient ? 1 : 2;
  b.writeUInt16BE(0x0800, p + 12);
  p += 14;
  b[p] = 0x45;
  b.writeUInt16BE(20 + 20 + opt + len, p + 2);
  b[p + 8] = 64;
  b[p + 9] = 6;
  b.writeUInt32BE(fromClient ? c.cip : c.sip, p + 12);
  b.writeUInt32BE(fromClient ? c.sip : c.cip, p + 16);
  p += 20;
  b.writeUInt16BE(fromClient ? c.cport : c.sport, p);
  b.writeUInt16BE(fromClient ? c.sport : c.cport, p + 2);
  b.writeUInt32BE(seq >>> 0, p + 4);
  b.writeUInt32BE(ack >>> 0, p + 8);
  b[p + 12] = ((20 + opt) / 4) << 4;
  b[p + 13] = flags;
  b.writeUInt16BE(64240, p + 14);
  const ts = (Math.floor(tUs / 1000) + (fromClient ? c.off : 7_000_000)) >>> 0,
    ecr = fromClient ? c.serverTs : c.clientTs;
  let o = p + 20;
  if (fromClient) c.clientTs = ts;
  else c.serverTs = ts;
  if (syn) {
    b[o] = 2;
    b[o + 1] = 4;
    b.writeUInt16BE(1460, o + 2);
    b[o + 4] = 4;
    b[o + 5] = 2;
    b[o + 6] = 8;
    b[o + 7] = 10;
    b.writeUInt32BE(ts, o + 8);
    b.writeUInt32BE(ecr, o + 12);
    b[o + 16] = 1;
    b[o + 17] = 3;
    b[o + 18] = 3;
    b[o + 19] = 7;
  } else {
    b[o] = 1;
    b[o + 1] = 1;
    b[o + 2] = 8;
    b[o + 3] = 10;
    b.writeUInt32BE(ts, o + 4);
    b.writeUInt32BE(ecr, o + 8);
  }
  pos += 16 + cap;
}
const S = 2,
  A = 16,
  P = 24,
  F = 17;
function* life(i) {
  const c = {
    cip: (0x0a000000 + (i % 5000) + 1) >>> 0,
    sip: (0xc0a80001 + (i % 8)) >>> 0,
    cport: 1024 + (Math.floor(i / 5000) % 60000),
    sport: 80,
    off: 1000 * (i % 5000) + 1,
    clientTs: 0,
    serverTs: 0,
  };
  let cs = rnd(),
    ss = rnd();
  pkt(c, true, S, cs, 0, 0, true);
  if (mode === 'flood') return;
  cs++;
  yield;
  pkt(c, false, S | A, ss, cs, 0, true);
  ss++;
  yield;
  pkt(c, true, A, cs, ss, 0, false);
  yield;
  pkt(c, true, P, cs, ss, PAY, false);
  cs += PAY;
  yield;
  pkt(c, false, A, ss, cs, 0, false);
  yield;
  for (let k = 0; k < SEG; k++) {
    pkt(c, false, P, ss, cs, PAY, false);
    ss += PAY;
    yield;
  }
  pkt(c, true, A, cs, ss, 0, false);
  yield;
  if (i % 20 === 0) {
    pkt(c, true, 20, cs, ss, 0, false);
    return;
  }
  const cf = i % 3 === 0; // a third closed by the client
  if (cf) {
    pkt(c, true, F, cs, ss, 0, false);
    cs++;
    yield;
    pkt(c, false, F, ss, cs, 0, false);
    ss++;
    yield;
    pkt(c, true, A, cs, ss, 0, false);
  } else {
    pkt(c, false, F, ss, cs, 0, false);
    ss++;
    yield;
    pkt(c, true, F, cs, ss, 0, false);
    cs++;
    yield;
    pkt(c, false, A, ss, cs, 0, false);
  }
}
let next = 0;
const live = [];
while (next < N && live.length < CONC) live.push(life(next++));
while (live.length) {
  const k = rnd() % live.length;
  if (live[k].next().done) {
    if (next < N) live[k] = life(next++);
    else {
      live[k] = live[live.length - 1];
      live.pop();
    }
  }
}
flush();
fs.closeSync(fd);
console.log(JSON.stringify({ out, packets, connections: N, bytes: fs.statSync(out).size }));
