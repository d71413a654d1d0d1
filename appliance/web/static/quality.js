/*
 * The qualities of an HLS stream in the form in which the controls look for them on a media element:
 * a list of renditions that tells of its changes (the draft "Media Tracks" interface `videoRenditions`).
 */
export class Qualities extends EventTarget {
  #all = [];
  #chosen = -1;
  #choose = () => {};

  get length() {
    return this.#all.length;
  }

  get selectedIndex() {
    return this.#chosen;
  }

  set selectedIndex(index) {
    this.#chosen = index;
    this.#choose(index);
    this.dispatchEvent(new Event("change"));
  }

  [Symbol.iterator]() {
    return this.#all[Symbol.iterator]();
  }

  /* levels: as hls.js lists them. choose: takes the index of one, or -1 for automatic. */
  fill(levels, choose) {
    const height = this.#chosen < 0 ? null : this.#all[this.#chosen].height;
    this.#all.forEach((_, index) => delete this[index]);
    this.#all = levels.map(({ width, height: tall, bitrate }, index) => ({ id: String(index), width, height: tall, bitrate }));
    this.#all.forEach((one, index) => (this[index] = one));
    this.#choose = choose;
    this.#chosen = this.#all.findIndex((one) => one.height === height);
    this.dispatchEvent(new Event("removerendition"));
    this.dispatchEvent(new Event("addrendition"));
    if (this.#chosen >= 0) {
      choose(this.#chosen);
    }
    this.dispatchEvent(new Event("change"));
  }
}
