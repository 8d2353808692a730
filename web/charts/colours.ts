import { readStored, writeStored } from '../lib/storage.ts';
import { assignSlots, type ColourBook, decodeColourBook, encodeColourBook, type SeriesKind } from './seriesColours.ts';

let book: ColourBook | null = null;

/** The slots of one chart's keys, remembered in this browser. */
export function rememberedSlots(
  kind: SeriesKind,
  keys: readonly string[],
  preferred?: (key: string) => number | null,
): Map<string, number> {
  book ??= decodeColourBook(readStored('colours'));
  const before = book.size;
  const slots = assignSlots(kind, keys, book, preferred);
  if (book.size !== before) writeStored('colours', encodeColourBook(book));
  return slots;
}
