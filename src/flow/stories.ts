import type { ResetPool } from './reset-seen.js';
import { NO_PLACE, SlotPlaces } from './slot-places.js';
import { Story, addReset } from './story.js';

/** The place of the only reset of a story at rest, told from that of a story: below `NO_PLACE`. Its own inverse. */
const atRest = (place: number): number => NO_PLACE - 1 - place;

/**
 * Stories by slot. Those that go leave their resets to the pool, and themselves to other slots: they live too long for the
 * garbage collector to find them dead at a glance, as it does most of what it finds. A connection that was reset stays for
 * minutes after that, though as a rule nothing more happens: then of its story nothing stays but the place of the reset.
 */
export class Stories {
  /** Slots that have one. */
  size = 0;
  readonly #resets: ResetPool;
  readonly #places = new SlotPlaces();
  readonly #stories: Story[] = [];
  /** Places of those that no slot has. */
  readonly #free: number[] = [];

  constructor(resets: ResetPool) {
    this.#resets = resets;
  }

  get(slot: number): Story | undefined {
    const place = this.#places.of(slot);
    if (place === NO_PLACE) return undefined;
    return place < NO_PLACE ? this.#wake(slot, atRest(place)) : this.#stories[place];
  }

  /** A new story of a slot that has none. */
  begin(slot: number): Story {
    this.size++;
    return this.#take(slot);
  }

  /** For now nothing more is expected. A story that was got before is not to be used any more. */
  rest(slot: number): void {
    const place = this.#places.of(slot);
    if (place <= NO_PLACE || !this.#stories[place]!.isOneReset) return;
    const reset = this.#stories[place]!.resets[0]!.place;
    this.#giveBack(place);
    this.#places.set(slot, atRest(reset));
  }

  /** Of a slot that may have one. */
  end(slot: number): void {
    const place = this.#places.of(slot);
    if (place === NO_PLACE) return;
    if (place < NO_PLACE) {
      this.#resets.release(atRest(place));
    } else {
      for (const reset of this.#stories[place]!.resets) this.#resets.release(reset.place);
      this.#giveBack(place);
    }
    this.#places.set(slot, NO_PLACE);
    this.size--;
  }

  #wake(slot: number, reset: number): Story {
    const story = this.#take(slot);
    story.resetCount = 1;
    addReset(story, this.#resets.at(reset));
    return story;
  }

  #take(slot: number): Story {
    const place = this.#free.pop() ?? this.#stories.push(new Story()) - 1;
    this.#places.set(slot, place);
    return this.#stories[place]!;
  }

  #giveBack(place: number): void {
    this.#stories[place]!.clear();
    this.#free.push(place);
  }
}
