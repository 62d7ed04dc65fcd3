/** The names that are a few letters away from a mistyped one: the nearest, and up to two more that are as near. Empty where none is. */
export function nearest(word: string, names: readonly string[]): string[] {
  const most = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  const distances = [...new Set(names)].map((name) => ({ name, distance: editDistance(word.toLowerCase(), name) }));
  const least = Math.min(...distances.map(({ distance }) => distance));
  if (least > most) return [];
  return distances
    .filter(({ distance }) => distance === least)
    .map(({ name }) => name)
    .slice(0, 3);
}

/** `Did you mean connections? `; nothing where no name is near. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near.length === 0 ? '' : `Did you mean ${near.join(' or ')}? `;
}

/** The same; where no name is near, all that there are. */
export function didYouMeanOrAll(word: string, names: readonly string[]): string {
  return didYouMean(word, names).trimEnd() || `There are: ${names.join(', ')}.`;
}

/** Letters to insert, to leave out or to change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
