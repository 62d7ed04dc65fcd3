import type { Vantage } from '../flow/vantage.js';
import type { NewFinding } from './findings.js';
import { counted } from './numbers.js';
import { DistinctAddresses } from './ports/distinct-addresses.js';
import { addressOfKey, portOfKey } from './ports/port-key.js';
import { isOfManyPorts, type PortTally } from './ports/port-tallies.js';

/** Ports that gave one client no answer, for them to be told together (as many as the addresses of Zeek's Address_Scan). */
const LEAST_SCANNED = 25;

/** SYNs without an answer to one server port. */
export interface UnansweredTally extends PortTally {
  /** Address of the client that was counted first. */
  readonly client: string;
  /** Address of the server: its family and value. */
  readonly family: number;
  readonly serverAddress: number;
  /** SYNs that were sent again. */
  readonly copies: number;
}

/** Ports that gave no answer to one and the same client, who alone asked: all of them, the first one asked first. */
type Scan = readonly [UnansweredTally, ...UnansweredTally[]];

/** Takes the scans out of all the ports that gave no answer. */
export function splitScans<T extends UnansweredTally>(tallies: readonly T[]): { scans: Scan[]; others: T[] } {
  const byClient = new Map<string, [T, ...T[]]>();
  for (const tally of tallies) {
    if (tally.addresses.size > 1) continue;
    const same = byClient.get(tally.client);
    if (same === undefined) byClient.set(tally.client, [tally]);
    else same.push(tally);
  }
  const scans = [...byClient.values()].filter((same) => same.length >= LEAST_SCANNED);
  const told = new Set<T>(scans.flat());
  return { scans, others: tallies.filter((tally) => !told.has(tally)) };
}

/** `tap`: where the SYNs were captured; `anyTwoWay`: the recording holds both directions of some connection. */
export function scanFinding(scan: Scan, tap: Vantage | null, anyTwoWay: boolean): NewFinding {
  const [first] = scan;
  const { client, connectionId, capture, frame, firstNs } = first;
  const targets = targetsOf(scan);
  const attempts = sum(scan, ({ connections }) => connections);
  const copies = sum(scan, (tally) => tally.copies);
  const seconds = ((Math.max(...scan.map(({ lastNs }) => lastNs)) - firstNs) / 1e9).toFixed(1);
  const atServer = tap === 'server';
  return {
    kind: 'unanswered-scan',
    severity: 'notice',
    confidence: atServer ? 'likely' : 'weak',
    connectionId,
    captureId: capture,
    frame,
    atRel: firstNs,
    summary: `${client} tried to connect to ${targets.text} and got no answer from any, in ${counted(attempts, 'attempt', 'attempts')} and ${seconds} s${copies === 0 ? '' : ` (${counted(copies, 'SYN was', 'SYNs were')} sent again)`}${atServer ? '; they arrived, for the capture was taken there' : ''}: a scan, or a network that it cannot reach${anyTwoWay ? '' : '; but the capture holds no answer to anybody, and may have been made of one direction only'}.`,
    evidence: {
      client,
      ...targets.evidence,
      connections: attempts,
      copies,
      seconds: Number(seconds),
      tap,
      two_way: anyTwoWay,
    },
  };
}

interface Targets {
  readonly text: string;
  readonly evidence: Readonly<Record<string, number | boolean>>;
}

function targetsOf(scan: Scan): Targets {
  const single = scan.filter((tally) => !isOfManyPorts(tally));
  const addresses = new DistinctAddresses();
  for (const { key } of single) addresses.add(addressOfKey(key));
  const more = single.length < scan.length;
  const least = more ? 'at least ' : '';
  const ports = new Set(single.map(({ key }) => portOfKey(key)));
  const [port] = ports;
  const many = `${least}${counted(single.length, 'port', 'ports')} of ${least}${counted(addresses.size, 'address', 'addresses')}`;
  return {
    text: ports.size === 1 && !more ? `port ${port} of ${counted(addresses.size, 'address', 'addresses')}` : many,
    evidence: {
      ports: single.length,
      servers: addresses.size,
      ...(more ? { at_least: true } : {}),
    },
  };
}

function sum(scan: Scan, of: (tally: UnansweredTally) => number): number {
  return scan.reduce((total, tally) => total + of(tally), 0);
}
