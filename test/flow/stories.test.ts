import { describe, expect, it } from 'vitest';
import { ResetSeen, type ResetPool } from '../../src/flow/reset-seen.js';
import { Stories } from '../../src/flow/stories.js';
import {
  addHole,
  addPaws,
  addReset,
  clockHzOf,
  finAgain,
  type PawsCandidate,
  type Story,
} from '../../src/flow/story.js';

const NOTHING = { i32: new Int32Array(0), u32: new Uint32Array(0), f64: new Float64Array(0) };
const reset = (place: number): ResetSeen => new ResetSeen(NOTHING, 0, place);

describe('stories', () => {
  const released: number[] = [];
  const pool = { release: (place: number) => released.push(place), at: reset } as unknown as ResetPool;

  it('give their resets back when they are forgotten, each once', () => {
    const stories = new Stories(pool);
    const story = stories.begin(1);
    for (const place of [7, 8]) addReset(story, reset(place));
    stories.begin(2);
    for (const slot of [1, 2, 1, 3]) stories.end(slot);
    expect(released).toEqual([7, 8]);
    expect(stories.size).toBe(0);
    expect([-1, 1, 2, 3, 99_999].map((slot) => stories.get(slot))).toEqual(Array(5).fill(undefined));
  });

  it('do not share what is put into one of them', () => {
    const stories = new Stories(pool);
    addReset(stories.begin(1), reset(1));
    addHole(stories.get(1)!, 0, 1, 2);
    addHole(stories.get(1)!, 0, 3, 4);
    addPaws(stories.get(1)!, {} as PawsCandidate);
    expect(stories.begin(2)).toEqual(new Stories(pool).begin(2));
  });

  it('know nothing of the connection whose place in memory they take', () => {
    const stories = new Stories(pool);
    const story = stories.begin(1);
    const blank = structuredClone(story);
    addReset(story, reset(1));
    addHole(story, 1, 1, 2);
    clockHzOf(story, 0, () => 1000);
    finAgain(story, 0, true, 1, 2, 3);
    addPaws(story, {} as PawsCandidate);
    Object.assign(story, {
      resetCount: 1,
      pawsCount: 2,
      synAcksAgain: 3,
      synAckAgain: { capture: 1, frame: 9, ns: 5 },
      synAckAfterData: true,
      duplicateSacks: 4,
      challengeAck: 5,
      otherIsn: 6,
      severalIsns: true,
    });
    story.pawsLast = [null, { ns: 1, octetsEnd: 2, window: 3 }];
    Object.assign(story, { delayed: {}, timeWaitSyn: {}, secondSyn: true, strangeEcho: {}, otherAt: 7, otherNs: 8 });
    const now = new Map<string, unknown>(Object.entries(story));
    for (const [fact, value] of Object.entries(blank)) expect(now.get(fact), fact).not.toEqual(value);
    stories.end(1);
    expect(stories.begin(2)).toBe(story);
    expect(story).toEqual(blank);
  });

  it('leave nothing but a place while they rest, and are as they were when they are asked for', () => {
    const stories = new Stories(pool);
    const story = stories.begin(1);
    addReset(story, reset(0));
    story.resetCount = 1;
    const facts = (of: Story): [string, unknown][] => Object.entries(of).filter(([fact]) => fact !== 'resets');
    const before = structuredClone(facts(story));
    stories.rest(1);
    expect(stories.size).toBe(1);
    expect(stories.begin(2)).toBe(story); // it is another's now
    expect(facts(stories.get(1)!)).toEqual(before);
    expect(stories.get(1)?.resets.map(({ place }) => place)).toEqual([0]);
    expect(stories.get(1)).toBe(stories.get(1));

    released.length = 0;
    for (const slot of [1, 1, 3]) stories.rest(slot);
    stories.end(1);
    expect(released).toEqual([0]);
    expect([stories.get(1), stories.size]).toEqual([undefined, 1]);
  });

  const MORE: Record<Exclude<keyof Story, 'isOneReset' | 'clear' | 'otherAt' | 'otherNs'>, (story: Story) => void> = {
    resets: (story) => addReset(story, reset(2)),
    resetCount: (story) => story.resetCount++,
    holes: (story) => addHole(story, 0, 1, 2),
    pawsOpen: (story) => addPaws(story, {} as PawsCandidate),
    pawsCount: (story) => story.pawsCount++,
    pawsLast: (story) => (story.pawsLast = [{ ns: 1, octetsEnd: 2, window: 3 }, null]),
    clockHz: (story) => clockHzOf(story, 1, () => 250),
    synAcksAgain: (story) => story.synAcksAgain++,
    synAckAgain: (story) => (story.synAckAgain = { capture: 1, frame: 9, ns: 5 }),
    synAckAfterData: (story) => (story.synAckAfterData = true),
    finsAgain: (story) => finAgain(story, 1, false, 1, 2, 3),
    delayed: (story) => Object.assign(story, { delayed: {} }),
    duplicateSacks: (story) => story.duplicateSacks++,
    timeWaitSyn: (story) => Object.assign(story, { timeWaitSyn: {} }),
    challengeAck: (story) => (story.challengeAck = 0),
    secondSyn: (story) => (story.secondSyn = true),
    strangeEcho: (story) => Object.assign(story, { strangeEcho: {} }),
    otherIsn: (story) => (story.otherIsn = 0),
    severalIsns: (story) => (story.severalIsns = true),
  };

  it.each(Object.entries(MORE))('do not rest with more in them than one reset: %s', (_, change) => {
    const stories = new Stories(pool);
    const story = stories.begin(1);
    addReset(story, reset(1));
    story.resetCount = 1;
    change(story);
    stories.rest(1);
    expect(stories.get(1)).toBe(story);
    expect(stories.begin(2)).not.toBe(story);
  });
});
