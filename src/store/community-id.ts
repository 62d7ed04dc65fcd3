import { createHash } from 'node:crypto';

/** Community ID v1 of a TCP flow with seed 0: the same for both directions, as in Zeek, Suricata and Arkime. */
export function communityId(ip: string, port: number, otherIp: string, otherPort: number): string {
  const near = endpoint(ip, port);
  const far = endpoint(otherIp, otherPort);
  const [first, second] = Buffer.compare(near, far) <= 0 ? [near, far] : [far, near];
  const octets = first.length - 2;
  const message = Buffer.concat([
    SEED,
    first.subarray(0, octets),
    second.subarray(0, octets),
    TCP,
    first.subarray(octets),
    second.subarray(octets),
  ]);
  return `1:${createHash('sha1').update(message).digest('base64')}`;
}

const SEED = Buffer.from([0, 0]);
/** IP protocol 6 and a zero octet of padding. */
const TCP = Buffer.from([6, 0]);

/** Octets of the address, then the port, so that comparing them is comparing address first. */
function endpoint(ip: string, port: number): Buffer {
  const address = ip.includes(':') ? ipv6Octets(ip) : ip.split('.').map(Number);
  return Buffer.from([...address, port >> 8, port & 255]);
}

function ipv6Octets(ip: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  const text =
    dotted === null
      ? ip
      : `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return all.flatMap((word) => [word >> 8, word & 255]);
}
