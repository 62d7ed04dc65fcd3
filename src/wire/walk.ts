import { Stop } from './stop-reason.js';

/** Which IP header `Walk.ipAt` points to. */
export const enum IpFamily {
  None = 0,
  V4 = 4,
  V6 = 6,
}

/**
 * Where a walk through the headers of one frame stands. One object is reused for all frames, so nothing is allocated.
 *
 * All positions are absolute offsets in `view`. Only octets in `at` … `end`-1 may be read; `wireEnd` is where the
 * present layer ended on the wire and lies past `end` where the snap length cut the frame.
 */
export class Walk {
  view: DataView = new DataView(new ArrayBuffer(0));
  /** First octet of the header to read next. */
  at = 0;
  /** One past the last captured octet of the present layer. */
  end = 0;
  /** One past the last octet that the present layer had on the wire. */
  wireEnd = 0;
  /** Offset and family of the innermost IP header met so far. */
  ipAt = 0;
  ipFamily: IpFamily = IpFamily.None;
  /** Whether that packet is the first fragment of several, so that it may end inside a header. */
  isFirstFragment = false;
  /** Rest of an 802.11 aggregate that comes after the MSDU being walked; `restAt` is 0 where there is none. */
  restAt = 0;
  restEnd = 0;
  restWireEnd = 0;

  /** Captured octets of the present layer from `at` on. */
  get left(): number {
    return this.end - this.at;
  }

  /** Why `needed` octets from `at` on are not there: the snap length, or the frame itself. */
  lacks(needed: number): Stop {
    return this.wireEnd - this.at >= needed ? Stop.SnapLength : Stop.TooShort;
  }

  /** Ends the present layer `len` octets after `from`, where that is before its present end (padding, trailers). */
  limit(from: number, len: number): void {
    if (from + len < this.wireEnd) this.wireEnd = from + len;
    if (this.end > this.wireEnd) this.end = this.wireEnd;
  }

  /** Ends the present layer `len` octets after `from`, also where the frame is said to be shorter. */
  believe(from: number, len: number): void {
    this.wireEnd = from + len;
    if (this.end > this.wireEnd) this.end = this.wireEnd;
  }
}
