/* Reads the playlists named as arguments as a strict parser that knows nothing of the appliance; the first fault ends it. */
const { readFileSync } = require("node:fs");

/* The finished file is made for browsers, where that is the name of the world. */
globalThis.self = globalThis;
const HLS = require("./vendor/hls-parser.min.js");

HLS.setOptions({ strictMode: true });
for (const path of process.argv.slice(2)) {
  try {
    const playlist = HLS.parse(readFileSync(path, "utf8"));
    console.log(playlist.isMasterPlaylist ? `${playlist.variants.length} variants` : `${playlist.segments.length} segments`);
  } catch (error) {
    console.error(`${path}: ${error.message}`);
    process.exit(1);
  }
}
