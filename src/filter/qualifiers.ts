import type { Direction } from './expression.js';
import type { ProtocolWord } from './words.js';

/**
 * What a bare value means: `tcp src port` makes a source port of `80`. Values after `and` and `or` take over those of
 * the value before, so that `port 80 or 443` works.
 */
export interface Qualifiers {
  readonly protocol: ProtocolWord | null;
  readonly direction: Direction;
  /** null: not said, as in `src 192.0.2.1`, which means a host. */
  readonly type: ValueType | null;
}

export type ValueType = 'host' | 'net' | 'port' | 'portrange' | 'proto';

/** The words before a value, as they may be written, for messages. */
export function spoken({ protocol, direction, type }: Qualifiers): string {
  const words = { src: 'src', dst: 'dst', both: 'src and dst', either: '' };
  return [protocol ?? '', words[direction], type ?? ''].filter((word) => word !== '').join(' ');
}
