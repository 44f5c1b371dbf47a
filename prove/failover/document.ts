import { readFileSync } from "node:fs";

/** Blocks of commands of docs/scale.md, as an operator types them. */
export class ScaleDocument {
  readonly #blocks: readonly string[];

  constructor(file: string) {
    const text = readFileSync(file, "utf8");
    this.#blocks = [...text.matchAll(/^```sh[^\n]*\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  }

  /** The block that writes a file. @throws Error unless exactly one does */
  writing(path: string): string {
    return this.#only(`writes ${path}`, (block) => block.includes(`cat > ${path} <<`));
  }

  /** The block with this piece of text. @throws Error unless exactly one has it */
  with(piece: string): string {
    return this.#only(`has "${piece}"`, (block) => block.includes(piece));
  }

  #only(what: string, fits: (block: string) => boolean): string {
    const found = this.#blocks.filter(fits);
    const [block] = found;
    if (block === undefined || found.length > 1)
      throw new Error(`docs/scale.md: need one block of commands that ${what}, have ${found.length}`);
    return block;
  }
}
