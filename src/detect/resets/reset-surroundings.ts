import { ConnectionFlag } from '../../flow/connection-table.js';
import type { ConnectionView } from '../../flow/connection-view.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import type { ResetCode } from '../../flow/vocabulary.js';
import { serialAdd } from '../../wire/serial.js';
import { portKey, type EndName } from '../ports/port-key.js';
import { Backscatter } from './backscatter.js';
import { HostHeaders } from './host-headers.js';
import { isOfUnknown } from './reset-signs.js';

/** A kernel that closes a listener resets what nobody had accepted in one go, ns. */
const LISTENER_NS = 100e6;
/** The SYN that shows that the listener is gone comes within this time, ns. */
const LISTENER_SYN_NS = 60e9;
const LISTENER_LEAST = 2;
/** Resets of one server are a storm where so many come within this time, after a silence of this length, ns. */
const STORM_LEAST = 5;
const STORM_NS = 5e9;
const COMMON_IDLE_NS = 2e9;
/** Accepted connections that say how a host's packets look. */
const HOST_LEAST = 2;
/** Ports with resets that are remembered at once; past this number none are added. */
const MAX_PORTS = 1 << 16;

/** Resets of one moment in the name of one server port. */
interface Burst {
  count: number;
  readonly firstNs: number;
  lastNs: number;
}

interface ListenerBurst extends Burst {
  /** The first attempt after the burst; -1: none yet. */
  nextId: number;
  refused: boolean;
}

interface Storm extends Burst {
  /** When the server had last said anything on any of its connections. */
  spokeNs: number;
}

/**
 * What a reset alone does not show, and other connections of the same hosts do: the codes of close-rules 7.3 that need
 * more than one connection. Hears of resets and SYNs as they pass.
 */
export class ResetSurroundings {
  readonly backscatter = new Backscatter();
  readonly #hosts: HostHeaders;
  readonly #listeners = new Map<number, ListenerBurst>();
  readonly #storms = new Map<number, Storm>();
  /** By slot, while the connection is in memory. */
  readonly #listenerOf = new Map<number, ListenerBurst>();
  readonly #stormOf = new Map<number, Storm>();

  constructor(hosts = new HostHeaders()) {
    this.#hosts = hosts;
  }

  /** A new attempt of `end` to connect: which end is the client is not known from `c` yet. */
  onSyn(c: ConnectionView, end: number): void {
    this.backscatter.onSyn(c, end);
    if (this.#listeners.size === 0) return;
    const burst = this.#listeners.get(portKey(c, 1 - end));
    if (burst !== undefined && burst.nextId < 0) burst.nextId = c.id;
  }

  onReset(c: ConnectionView, reset: ResetSeen): void {
    if (c.has(ConnectionFlag.REFUSED)) {
      const burst = this.#listeners.get(portKey(c, c.server.index));
      if (burst?.nextId === c.id && reset.ns - burst.lastNs < LISTENER_SYN_NS) burst.refused = true;
      return;
    }
    if (reset.end !== c.server.index || reset.afterReset || reset.finished || reset.exact === false) return;
    if (isOfUnaccepted(c, reset)) this.#joinListener(c, reset);
    if (isOfUnknown(reset)) this.#joinStorm(c, reset);
  }

  /** The row of a connection is written, for the first time. `name` gives address and port of an end. */
  onSettled(c: ConnectionView, story: Story | null, name: EndName): void {
    this.backscatter.note(c, story, name);
    if (c.has(ConnectionFlag.SYN) && c.has(ConnectionFlag.SYN_ACK)) this.#hosts.note(c);
  }

  /** Whether the capture was taken at that host: what is sent to it arrives there. */
  isAtTap(family: number, address: number): boolean {
    return this.#hosts.isAtTap(family, address);
  }

  /** Whether they may prove something else by now than `before`. Asks less than `codeOf`, which says for sure. */
  mayHaveChanged(c: ConnectionView, story: Story, before: ResetCode | null): boolean {
    if (!c.has(ConnectionFlag.REFUSED)) return this.#codeOfAborted(c, story) !== before;
    return before !== null || this.#hosts.of(c) !== null;
  }

  /** The code that the surroundings of a reset prove; null: they prove nothing. */
  codeOf(c: ConnectionView, reset: ResetSeen, story: Story): ResetCode | null {
    if (!c.has(ConnectionFlag.REFUSED)) return this.#codeOfAborted(c, story);
    return this.#isOfDevice(c, reset) ? 'refused_by_middlebox' : null;
  }

  #codeOfAborted(c: ConnectionView, story: Story): ResetCode | null {
    const burst = this.#listenerOf.get(c.slot);
    if (burst !== undefined && burst.refused && burst.count >= LISTENER_LEAST) return 'listener_closed';
    if ((this.#stormOf.get(c.slot)?.count ?? 0) >= STORM_LEAST) return 'port_unreach_like_reset_storm';
    return this.backscatter.includes(c, story) ? 'syn_flood_backscatter' : null;
  }

  /** The connection leaves memory. */
  onLeave(c: ConnectionView): void {
    this.#listenerOf.delete(c.slot);
    this.#stormOf.delete(c.slot);
  }

  #joinListener(c: ConnectionView, reset: ResetSeen): void {
    const key = portKey(c, reset.end);
    let burst = this.#listeners.get(key);
    if (burst === undefined || reset.ns - burst.lastNs > LISTENER_NS || burst.nextId >= 0) {
      burst = { count: 0, firstNs: reset.ns, lastNs: reset.ns, nextId: -1, refused: false };
      if (!put(this.#listeners, key, burst)) return;
    }
    burst.count++;
    burst.lastNs = reset.ns;
    this.#listenerOf.set(c.slot, burst);
  }

  #joinStorm(c: ConnectionView, reset: ResetSeen): void {
    const key = portKey(c, reset.end);
    const spokeNs = reset.sender.lastNs;
    let storm = this.#storms.get(key);
    const isOver =
      storm === undefined ||
      reset.ns - storm.firstNs > STORM_NS ||
      storm.firstNs - Math.max(storm.spokeNs, spokeNs) < COMMON_IDLE_NS;
    if (storm === undefined || isOver) {
      if (reset.ns - spokeNs < COMMON_IDLE_NS) return;
      storm = { count: 0, firstNs: reset.ns, lastNs: reset.ns, spokeNs };
      if (!put(this.#storms, key, storm)) return;
    }
    storm.count++;
    storm.lastNs = reset.ns;
    storm.spokeNs = Math.max(storm.spokeNs, spokeNs);
    this.#stormOf.set(c.slot, storm);
  }

  /**
   * Whether a device between refused in the host's name. Two signs are asked for: the host's own packets all come with
   * another TTL, and the host never answers so soon. A TTL alone may be another machine behind the same address.
   */
  #isOfDevice(c: ConnectionView, reset: ResetSeen): boolean {
    const host = this.#hosts.of(c);
    if (host === null || host.accepted < HOST_LEAST || host.ttlHigh - host.ttlLow > 1) return false;
    const otherTtl = reset.ttl < host.ttlLow - 1 || reset.ttl > host.ttlHigh + 1;
    return otherTtl && (reset.ns - reset.receiver.lastNs) * 2 < host.quickestNs && host.quickestNs < Infinity;
  }
}

/** A reset with the server's first number, on a connection on which it never sent anything more than its SYN-ACK. */
function isOfUnaccepted(c: ConnectionView, { seq, sender }: ResetSeen): boolean {
  return c.server.isn >= 0 && seq === serialAdd(c.server.isn, 1) && sender.bytes === 0 && !sender.fin && sender.heard;
}

function put<T>(map: Map<number, T>, key: number, value: T): boolean {
  if (!map.has(key) && map.size >= MAX_PORTS) return false;
  map.set(key, value);
  return true;
}
