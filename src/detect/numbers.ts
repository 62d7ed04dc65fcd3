/** Numbers in the sentences of findings. (`toLocaleString` takes 20 ms the first time.) */

/** 1234567 -> 1,234,567. */
export function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** About how long: `90 s`, `12 min`, `7 h`, `2,698 d`. */
export function roughly(ns: number): string {
  const s = ns / 1e9;
  if (s < 120) return `${s.toFixed(0)} s`;
  if (s < 7200) return `${(s / 60).toFixed(0)} min`;
  return s < 172_800 ? `${(s / 3600).toFixed(0)} h` : `${grouped(Math.round(s / 86_400))} d`;
}

/** `1 client`, `2,000 clients`. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
