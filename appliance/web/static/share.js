/* A share's page: placeholders, and all originals one after another, straight from the edge. */
import { paintPlaceholders } from "./placeholder.js";

/* A browser takes a new download only once the one before has begun. */
const BETWEEN_MS = 1200;

const note = document.getElementById("note");
const all = document.getElementById("all");

async function page(path, cursor) {
  const query = new URLSearchParams({ ...(path === undefined ? {} : { path }), ...(cursor ? { cursor } : {}) });
  const answer = await fetch(`${all.dataset.list}?${query}`, { cache: "no-store" });
  if (!answer.ok) {
    throw new Error("The list of files could not be read.");
  }
  return answer.json();
}

async function* links(path) {
  let cursor = "";
  do {
    const found = await page(path, cursor);
    yield* found.links;
    if (!cursor) {
      for (const folder of found.folders) {
        yield* links(folder);
      }
    }
    cursor = found.next;
  } while (cursor);
}

async function downloadAll() {
  all.disabled = true;
  let count = 0;
  try {
    for await (const { url, name } of links(all.dataset.path)) {
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      count += 1;
      note.textContent = `${count} ${count === 1 ? "file" : "files"} begun; allow several downloads if the browser asks.`;
      await new Promise((done) => setTimeout(done, BETWEEN_MS));
    }
    note.textContent = `All ${count} ${count === 1 ? "download has" : "downloads have"} begun.`;
  } catch (error) {
    note.textContent = error.message;
  }
  all.disabled = false;
}

paintPlaceholders(document);
for (const image of document.querySelectorAll(".thumb img")) {
  image.addEventListener("error", () => image.remove());
}
if (all) {
  all.hidden = false;
  all.addEventListener("click", downloadAll);
}
