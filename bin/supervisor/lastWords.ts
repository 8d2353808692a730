/** Longest message that is kept. */
const maxLength = 4_000;
const opening = 'forkscope: ';

/** Why a child ended, as runForkscope tells it: the last line on stderr that opens so, and the lines of text behind it. */
export class LastWords {
  #text = '';

  note(line: string): void {
    if (line.startsWith(opening)) this.#text = line.slice(opening.length, maxLength);
    else if (this.#text !== '' && !line.startsWith('{') && this.#text.length + line.length < maxLength)
      this.#text += `\n${line}`;
  }

  /** Empty where it said nothing. */
  get text(): string {
    return this.#text;
  }
}
