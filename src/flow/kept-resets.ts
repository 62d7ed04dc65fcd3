import { TcpFlag } from '../segment/segment-batch.js';
import { addReset, type ResetSeen, type Story } from './story.js';

/** So many resets of one connection are remembered. */
const MAX_RESETS = 8;

/**
 * Remembers a reset, and gives back the one that is not remembered for it; null: there was room. A bulk sender that meets a
 * host without the connection draws dozens, of which only those with the right number count: they are never given up for
 * others, and the last of what says least gives way.
 */
export function keepReset(story: Story, reset: ResetSeen): ResetSeen | null {
  if (story.resets.length < MAX_RESETS) {
    addReset(story, reset);
    return null;
  }
  let least = reset;
  for (const kept of story.resets) {
    const step = weight(kept) - weight(least);
    if (step < 0 || (step === 0 && least !== reset)) least = kept;
  }
  if (least !== reset) story.resets = [...story.resets.filter((kept) => kept !== least), reset];
  return least;
}

/**
 * How much a reset can say of the end of its connection: nothing, something, whether another one hit, whether the other end
 * had aborted before that one came, what ended it.
 */
function weight({ exact, inWindow, outlived, challenged, afterReset, flags }: ResetSeen): number {
  if (challenged) return 1;
  if (outlived || (exact === false && inWindow !== true)) return 0;
  if (exact === false) return 1;
  if (!afterReset) return 4;
  if ((flags & TcpFlag.ACK) !== 0) return 3;
  return exact === true ? 2 : 1;
}
