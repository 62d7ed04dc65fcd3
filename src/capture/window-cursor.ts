import type { ByteSource } from './byte-source.js';
import { cutInput } from './damage.js';
import { RecordCursor, type Damage } from './record.js';
import type { EpochHolder } from './epoch.js';

/**
 * A cursor that parses the octets of a `ByteSource` where they lie. Subclasses implement `next()`:
 * when the octets from `pos` on do not suffice, they set `need` and return false.
 */
export abstract class WindowCursor extends RecordCursor {
  /** Index in `bytes` of what comes next, and of the end of what is in memory. */
  protected pos = 0;
  protected limit = 0;
  /** Octets from `pos` on without which `next()` can do nothing. */
  protected need = 0;
  /** Whether the record that `next()` found last is to be found once more. */
  protected held = false;
  protected over = false;

  protected readonly source: ByteSource;
  protected readonly epoch: EpochHolder;

  constructor(source: ByteSource, epoch: EpochHolder) {
    super();
    this.source = source;
    this.epoch = epoch;
    this.adoptWindow();
  }

  async refill(): Promise<boolean> {
    if (this.held) return true;
    if (this.over) return false;
    const more = await this.source.advance(this.pos, this.need);
    this.adoptWindow();
    if (more) return true;
    this.over = true;
    const { damage } = this.source;
    const offset = this.source.startOffset;
    if (damage !== null) this.damage = cutInput(damage.code, offset, this.frame + 1, damage.message);
    else if (this.limit > this.pos || this.isInsideBlock()) this.damage = this.cutTail(offset, this.limit - this.pos);
    this.conclude();
    return false;
  }

  /** The octets in memory that come next: indexes in `bytes`. */
  get ahead(): { readonly pos: number; readonly limit: number } {
    return { pos: this.pos, limit: this.limit };
  }

  /** As `ByteSource.useChunks`. False: the file is read in chunks of another size. */
  useChunks(chunks: readonly Uint8Array[]): boolean {
    if (chunks.some(({ length }) => length !== this.source.chunkOctets)) return false;
    this.source.useChunks(chunks);
    return true;
  }

  async peek(): Promise<boolean> {
    while (!this.next()) {
      if (!(await this.refill())) return false;
    }
    this.held = true;
    return true;
  }

  close(): Promise<void> {
    this.over = true;
    return this.source.close();
  }

  /** Ends the reading here, with the reason. Always returns false, for `next()` to return. */
  protected fail(damage: Damage): false {
    this.damage ??= damage;
    this.over = true;
    this.pos = this.limit;
    this.conclude();
    return false;
  }

  /** The damage that `found` octets left over at the end of the file are. */
  protected abstract cutTail(offset: number, found: number): Damage;

  /** Whether the file ended while octets were being skipped. */
  protected isInsideBlock(): boolean {
    return false;
  }

  /** Called once, when no more will be read. */
  protected conclude(): void {}

  private adoptWindow(): void {
    this.bytes = this.source.bytes;
    this.view = this.source.view;
    this.pos = this.source.start;
    this.limit = this.source.end;
  }
}
