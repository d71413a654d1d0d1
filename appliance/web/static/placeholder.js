/*
 * Paints a ThumbHash (https://evanw.github.io/thumbhash/) until the picture itself is there.
 * Written from the description of its bits: header, then nibbles of the lowest frequencies, row by row.
 */
const SIZE = 32;

/* Puts a canvas into `frame` under the picture; does nothing with what is no hash. */
export function paintPlaceholder(frame, text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  if (bytes.length < 6) {
    return;
  }
  const canvas = document.createElement("canvas");
  const hash = read(bytes);
  canvas.width = canvas.height = SIZE;
  const drawing = canvas.getContext("2d");
  const image = drawing.createImageData(SIZE, SIZE);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      image.data.set(colour(hash, (x + 0.5) / SIZE, (y + 0.5) / SIZE), 4 * (y * SIZE + x));
    }
  }
  drawing.putImageData(image, 0, 0);
  frame.prepend(canvas);
}

/* Paints all below `root` that ask for one. */
export function paintPlaceholders(root) {
  for (const frame of root.querySelectorAll("[data-placeholder]")) {
    paintPlaceholder(frame, frame.dataset.placeholder);
    delete frame.dataset.placeholder;
  }
}

function read(bytes) {
  const header = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const shape = bytes[3] | (bytes[4] << 8);
  const hasAlpha = header >> 23 !== 0;
  const landscape = shape >> 15 !== 0;
  const most = hasAlpha ? 5 : 7;
  const across = Math.max(3, landscape ? most : shape & 7);
  const down = Math.max(3, landscape ? shape & 7 : most);
  let position = hasAlpha ? 12 : 10;
  const nibble = () => (position >> 1 < bytes.length ? (bytes[position >> 1] >> (4 * (position++ & 1))) & 15 : 8);
  const waves = (wide, tall, scale) => {
    const found = [];
    for (let v = 0; v < tall; v++) {
      for (let u = v ? 0 : 1; u * tall < wide * (tall - v); u++) {
        found.push({ u, v, by: (nibble() / 7.5 - 1) * scale });
      }
    }
    return found;
  };
  const part = (shift, bits) => ((header >> shift) & ((1 << bits) - 1)) / ((1 << bits) - 1);
  return {
    light: { mean: part(0, 6), waves: waves(across, down, part(18, 5)) },
    yellowBlue: { mean: 2 * part(6, 6) - 1, waves: waves(3, 3, (((shape >> 3) & 63) / 63) * 1.25) },
    redGreen: { mean: 2 * part(12, 6) - 1, waves: waves(3, 3, (((shape >> 9) & 63) / 63) * 1.25) },
  };
}

function at(channel, x, y) {
  return channel.waves.reduce(
    (sum, { u, v, by }) => sum + 2 * by * (u ? Math.cos(Math.PI * u * x) : 1) * (v ? Math.cos(Math.PI * v * y) : 1),
    channel.mean,
  );
}

function colour(hash, x, y) {
  const light = at(hash.light, x, y);
  const yellowBlue = at(hash.yellowBlue, x, y);
  const redGreen = at(hash.redGreen, x, y);
  const blue = light - (2 / 3) * yellowBlue;
  const red = (3 * light - blue + redGreen) / 2;
  return [red, red - redGreen, blue, 1].map((one) => Math.round(255 * Math.min(1, Math.max(0, one))));
}
