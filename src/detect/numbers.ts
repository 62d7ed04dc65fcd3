/** Numbers in the sentences of findings. (`toLocaleString` takes 20 ms the first time.) */

/** 1234567 -> 1,234,567. */
export function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 client`, `2,000 clients`. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
