import type { StackVerdict } from '../flow/vocabulary.js';
import { serialAfter, serialDiff } from '../wire/serial.js';

/** A SYN that meets TIME_WAIT, as the host that holds it sees both. */
export interface SynOnTimeWait {
  readonly isn: number;
  /** RCV.NXT of the holder: the number after the other end's FIN. */
  readonly finalSeq: number;
  /** TSval of the SYN; null: it has no timestamp option. */
  readonly tsval: number | null;
  /** TS.Recent of the holder; null: the old connection had no timestamps. */
  readonly tsRecent: number | null;
  /** Receive window that the holder last advertised, octets. */
  readonly window: number;
}

/** What grew out of RFC 1122 §4.2.2.13 and RFC 9293 §3.10.7.4, timestamps left aside. */
export function rfc1122(syn: SynOnTimeWait): StackVerdict {
  return isHigher(syn) ? 'accept' : 'challenge';
}

/** RFC 6191 §2. Its "last sequence number" is the FIN's own, so a SYN on the number after it is already greater. */
export function rfc6191(syn: SynOnTimeWait): StackVerdict {
  const greater = serialAfter(syn.isn, (syn.finalSeq - 1) >>> 0);
  if (syn.tsRecent === null) return syn.tsval !== null || greater ? 'accept' : 'drop';
  if (syn.tsval === null) return greater ? 'accept' : 'drop';
  const newer = serialDiff(syn.tsval, syn.tsRecent);
  return newer > 0 || (newer === 0 && greater) ? 'accept' : 'drop';
}

/** Linux 2.6 to 6.18, net/ipv4/tcp_minisocks.c:tcp_timewait_state_process. */
export function linux(syn: SynOnTimeWait): StackVerdict {
  if (syn.tsval !== null && syn.tsRecent !== null) {
    const age = serialDiff(syn.tsRecent, syn.tsval);
    if (age > 0 && syn.tsRecent !== 0) return 'challenge'; // PAWS, without slack
    if (age < 0) return 'accept';
  }
  return isHigher(syn) ? 'accept' : 'challenge';
}

/** FreeBSD main, sys/netinet/tcp_timewait.c:tcp_twcheck: the number alone. */
export function freebsd(syn: SynOnTimeWait): StackVerdict {
  return isHigher(syn) ? 'accept' : 'drop';
}

/** OpenBSD sys/netinet/tcp_input.c, the TIME_WAIT case alone: what follows it was not traced, so the rest is not known. */
export function openbsd(syn: SynOnTimeWait): StackVerdict {
  if (isHigher(syn)) return 'accept';
  if (syn.tsval !== null && serialDiff(syn.tsval, syn.tsRecent ?? 0) > 0) return 'accept';
  return null;
}

/** XNU bsd/netinet/tcp_input.c: PAWS first; then only a number beyond the receive window reopens. */
export function macos(syn: SynOnTimeWait): StackVerdict {
  if (syn.tsval !== null && syn.tsRecent !== null && syn.tsRecent !== 0 && serialDiff(syn.tsval, syn.tsRecent) < 0) {
    return 'challenge';
  }
  return isHigher(syn) && serialDiff(syn.isn, (syn.finalSeq + syn.window) >>> 0) > 0 ? 'accept' : 'challenge';
}

/** gVisor pkg/tcpip/transport/tcp/rcv.go:handleTimeWaitSegment: the number alone. */
export function gvisor(syn: SynOnTimeWait): StackVerdict {
  return isHigher(syn) ? 'accept' : 'drop';
}

/** Windows Server 2003, from one published experiment: a higher number is accepted, another met with silence. */
export function windows(syn: SynOnTimeWait): StackVerdict {
  return isHigher(syn) ? 'accept' : 'drop';
}

/** Strictly above RCV.NXT, by the cast that the stacks use: a distance of exactly 2^31 counts as higher. */
function isHigher(syn: SynOnTimeWait): boolean {
  return serialAfter(syn.isn, syn.finalSeq);
}
