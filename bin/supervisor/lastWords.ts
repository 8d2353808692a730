/** Longest message that is kept. */
const maxLength = 4_000;
const opening = 'forkscope: ';

/** Why a child ended, as runForkscope reports it: the last line on stderr that starts so, and the text lines after it. */
export class LastWords {
  #text = '';

  note(line: string): void {
    if (line.startsWith(opening)) this.#text = line.slice(opening.length, maxLength);
    else if (this.#text !== '' && !line.startsWith('{') && this.#text.length + line.length < maxLength)
      this.#text += `\n${line}`;
  }

  /** Empty if it said nothing. */
  get text(): string {
    return this.#text;
  }
}
