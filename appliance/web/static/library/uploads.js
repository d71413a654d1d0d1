/* Uploads: Uppy sends the bytes straight to the store, and goes on where a page that was closed had stopped. */
import { applianceOptions } from "../uppy-s3.js";
import { call } from "./api.js";
import { button, el, say } from "./elements.js";
import { percent, size } from "./format.js";

const AGAIN_MS = [1000, 3000, 10_000];
const panel = document.getElementById("uploads");
const rows = new Map();
let uppy = null;
let folder = () => "";

/* The buttons that choose files; `where` gives the folder they go to. */
export function offerUpload(where) {
  folder = where;
  const chooser = (attributes) =>
    el("input", { type: "file", multiple: true, hidden: true, ...attributes, onchange: (event) => (take(event.target.files), (event.target.value = "")) });
  const files = chooser({ class: "choose-files" });
  const folders = chooser({ class: "choose-folder", webkitdirectory: true });
  return [files, folders, button("Upload files", () => files.click(), ""), button("Upload a folder", () => folders.click())];
}

/* Makes the whole page take drops. */
export async function prepareUploads() {
  let parts;
  try {
    parts = await import("../vendor/uppy.min.mjs");
  } catch {
    say("Uploads need a script that this appliance does not have: run scripts/run once with a network.");
    return;
  }
  const { Uppy, AwsS3, DropTarget } = parts;
  uppy = new Uppy({ autoProceed: true, onBeforeFileAdded: place });
  const options = applianceOptions(call);
  uppy.use(AwsS3, {
    ...options,
    async createMultipartUpload(file) {
      const made = await options.createMultipartUpload(file);
      localStorage.setItem(fingerprint(file), JSON.stringify(made));
      return made;
    },
    async abortMultipartUpload(file, upload) {
      // After a failure the parts stay, for another try; only who takes the file off the list gives it up.
      if (!uppy.getFile(file.id)) {
        localStorage.removeItem(fingerprint(file));
        await options.abortMultipartUpload(file, upload);
      }
    },
  });
  uppy.use(DropTarget, { target: document.body });
  document.body.dataset.uploads = "ready";
  uppy.on("file-added", show);
  uppy.on("upload-progress", (file, progress) => draw(file, { share: progress.bytesTotal ? progress.bytesUploaded / progress.bytesTotal : 0 }));
  uppy.on("upload-success", finish);
  uppy.on("upload-error", goOn);
  uppy.on("file-removed", (file) => {
    rows.get(file.id)?.remove();
    rows.delete(file.id);
    tidy();
  });
}

function take(list) {
  if (uppy === null) {
    say("Uploads are not available.");
    return;
  }
  uppy.addFiles([...list].map((file) => ({ source: "chosen", name: file.name, type: file.type, data: file, meta: { relativePath: file.webkitRelativePath || null } })));
}

/* Folders that were dropped stay folders, under the one that is open. */
function place(file) {
  const below = (file.meta.relativePath ?? "").split("/").filter(Boolean).slice(0, -1);
  const path = [folder(), ...below].filter(Boolean).join("/");
  const id = `${file.id}-${path}`;
  const placed = { ...file, id, meta: { ...file.meta, path } };
  const before = JSON.parse(localStorage.getItem(fingerprint(placed)) ?? "null");
  return before ? { ...placed, s3Multipart: before } : placed;
}

function fingerprint(file) {
  return `upload ${file.meta.path ?? ""}/${file.name} ${file.size} ${file.data.lastModified}`;
}

function show(file) {
  const row = el(
    "li",
    {},
    el("span", { class: "grow" }, file.meta.path ? `${file.meta.path}/${file.name}` : file.name),
    el("span", { class: "facts" }, size(file.size)),
    el("progress", { max: 1, value: 0, "aria-label": file.name }),
    button("Retry", () => uppy.retryUpload(file.id)),
    el("button", { type: "button", class: "close", "aria-label": `Remove ${file.name}`, onclick: () => uppy.removeFile(file.id) }, "×"),
  );
  row.querySelector(".button").hidden = true;
  rows.set(file.id, row);
  if (!panel.querySelector("ul")) {
    panel.replaceChildren(el("header", {}, el("h2", {}, "Uploads"), button("Clear finished", clear)), el("ul", {}));
  }
  panel.querySelector("ul").append(row);
  panel.hidden = false;
}

function draw(file, { share, error }) {
  const row = file && rows.get(file.id);
  if (!row) {
    return;
  }
  row.querySelector(".facts").textContent = error ?? percent(share);
  row.classList.toggle("failed", Boolean(error));
  row.querySelector(".button").hidden = !error;
  if (share !== undefined) {
    row.querySelector("progress").value = share;
  }
}

/* Tries again by itself, where parts were sent already with those that are missing. */
function goOn(file, error) {
  const tries = file.meta.tries ?? 0;
  const before = JSON.parse(localStorage.getItem(fingerprint(file)) ?? "null");
  draw(file, { error: tries < AGAIN_MS.length ? "Trying again …" : error.message || "The upload was interrupted." });
  uppy.setFileState(file.id, { meta: { ...file.meta, tries: tries + 1 }, ...(before ? { s3Multipart: before } : {}) });
  if (tries < AGAIN_MS.length) {
    setTimeout(() => uppy.getFile(file.id) && uppy.retryUpload(file.id), AGAIN_MS[tries]);
  }
}

async function finish(file) {
  const row = rows.get(file.id);
  localStorage.removeItem(fingerprint(file));
  if (row) {
    row.classList.add("done");
    row.querySelector(".facts").textContent = "Sent";
    row.querySelector("progress").value = 1;
  }
  if (file.meta.fileId) {
    // A hint only: the store tells the appliance by itself.
    await call(`/upload/${file.meta.fileId}/complete`, { method: "POST" }).catch(() => {});
  }
}

function clear() {
  for (const [id, row] of rows) {
    if (row.classList.contains("done")) {
      row.remove();
      rows.delete(id);
      uppy.removeFile(id);
    }
  }
  tidy();
}

function tidy() {
  panel.hidden = !rows.size;
}

/* Whether bytes are on their way that a closed page would stop. */
export function sending() {
  return [...rows.values()].some((row) => !row.classList.contains("done") && !row.classList.contains("failed"));
}
