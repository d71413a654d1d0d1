/* The grid of files: folders, search, kinds, what is chosen, and what changes meanwhile. */
import { call, can } from "./api.js";
import { card, steer } from "./cards.js";
import { showDetails, trash } from "./details.js";
import { ask } from "./dialogs.js";
import { attempt, button, el, emptyState, icon, say } from "./elements.js";
import { makeShare } from "./sharing.js";
import { offerUpload } from "./uploads.js";

const PAGE = 60;
const KINDS = { "": "All", video: "Films", audio: "Sound", image: "Pictures", file: "Other" };
const SHOWN = new Set(["waiting", "uploaded", "processing", "ready", "errored", "timed_out"]);
const FOLDERS_MS = 800;

export async function filesView(main, { path, words, kind, go }) {
  const query = { limit: PAGE, ...(words ? { q: words } : { path }), ...(kind ? { kind } : {}) };
  const first = await call("/files", { query });
  const chosen = new Map();
  const files = new Map();
  const grid = el("ul", { class: "grid" });
  const folders = el("ul", { class: "folders" });
  const bar = el("div", { class: "chosen", hidden: true });
  const rest = el("p", { class: "actions centred" });
  const empty = el("div");
  let cursor = first.next;
  steer(grid);

  const pick = (file, on) => {
    on ? chosen.set(file.fileId, file) : chosen.delete(file.fileId);
    drawBar();
  };
  const draw = (file) => card(file, showDetails, pick, chosen.has(file.fileId));
  const add = (items) => {
    items.forEach((file) => files.set(file.fileId, file));
    grid.append(...items.map(draw));
  };
  const drawFolders = (found) => {
    folders.replaceChildren(
      ...(found ?? []).map((folder) =>
        el("li", {}, el("a", { href: `#/files/${encodeURIComponent(folder.path)}` }, icon("files"), folder.name, el("span", {}, String(folder.files)))),
      ),
    );
    folders.hidden = !found?.length;
  };
  const drawRest = () => {
    rest.replaceChildren(...(cursor ? [button("More", more)] : []));
    empty.replaceChildren(...(files.size || !folders.hidden ? [] : [nothing(words, kind, path)]));
  };
  const more = () =>
    attempt(async () => {
      const page = await call("/files", { query: { ...query, cursor } });
      cursor = page.next;
      add(page.items);
      drawRest();
    });
  const drawBar = () => {
    const all = [...chosen.values()];
    const clear = () => {
      chosen.clear();
      grid.querySelectorAll(".pick input").forEach((box) => (box.checked = false));
      drawBar();
    };
    bar.hidden = !all.length;
    bar.replaceChildren(
      el("strong", {}, `${all.length} chosen`),
      can("upload") && button("Share", () => makeShare({ fileIds: all.map((file) => file.fileId) }, all.length === 1 ? all[0].title : `${all.length} files`)),
      can("upload") && button("Move", () => move(all).then(clear)),
      can("delete") && button("To the trash", () => trash(all).then(clear), "bad"),
      button("Clear", clear),
    );
  };

  drawFolders(first.folders);
  add(first.items);
  drawRest();
  main.replaceChildren(
    heading(words, path),
    el(
      "div",
      { class: "tools" },
      el("div", { class: "kinds", role: "group", "aria-label": "Kinds" }, Object.entries(KINDS).map(([name, text]) =>
        el("button", { type: "button", class: "chip", "aria-pressed": String(name === kind), onclick: () => go({ kind: name }) }, text))),
      el("div", { class: "actions" }, can("upload") && !words && button("Share folder", () => makeShare({ path }, path.split("/").pop() || "All files")), can("upload") && offerUpload(() => path)),
    ),
    bar,
    folders,
    grid,
    empty,
    rest,
  );

  let timer = 0;
  const refreshFolders = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const page = await call("/files", { query: { path, limit: 1 } }).catch(() => null);
      if (page && main.contains(folders)) {
        drawFolders(page.folders);
        drawRest();
      }
    }, FOLDERS_MS);
  };
  return {
    changed(file) {
      const old = grid.querySelector(`[data-id="${file.fileId}"]`);
      const here = SHOWN.has(file.state) && (!kind || file.kind === kind) && (words || file.path === path);
      if (!here) {
        old?.remove();
        files.delete(file.fileId);
        chosen.delete(file.fileId);
      } else if (old) {
        const focused = old.contains(document.activeElement);
        const fresh = draw(file);
        old.replaceWith(fresh);
        files.set(file.fileId, file);
        focused && fresh.querySelector(".open").focus();
      } else if (!words) {
        files.set(file.fileId, file);
        grid.prepend(draw(file));
      }
      drawRest();
      if (!words) {
        refreshFolders();
      }
    },
  };
}

function heading(words, path) {
  if (words) {
    return el("h1", {}, `Found for “${words}”`);
  }
  const parts = path ? path.split("/") : [];
  return el(
    "nav",
    { class: "trail", "aria-label": "Folder" },
    el("h1", {}, parts.length ? el("a", { href: "#/files" }, "Files") : "Files", parts.map((part, index) => [
      " / ",
      index === parts.length - 1 ? part : el("a", { href: `#/files/${encodeURIComponent(parts.slice(0, index + 1).join("/"))}` }, part),
    ])),
  );
}

function nothing(words, kind, path) {
  if (words || kind) {
    return emptyState("Nothing found", "No file is like that here. Other words, or another kind, may have some.");
  }
  return emptyState(path ? "This folder is empty" : "No files yet", can("upload") ? "Drop files or whole folders anywhere on this page, or press Upload." : "Files show up here as they are added.");
}

async function move(files) {
  const asked = await ask("Move", [{ name: "path", label: "Folder", value: files[0].path, placeholder: "the top" }], { submit: "Move" });
  if (asked === null) {
    return;
  }
  await attempt(async () => {
    for (const file of files) {
      await call(`/files/${file.fileId}`, { method: "PATCH", body: { path: asked.path } });
    }
    say("Moved; links stay as they are.");
  });
}
