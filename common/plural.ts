/** `1 card`, `2 cards`. @param many where it is not the word with an s */
export const plural = (count: number | bigint, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 || count === 1n ? one : many}`;
