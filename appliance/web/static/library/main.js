/* The library: which part is shown, and what changes reach it while it is. */
import { adminView } from "./admin.js";
import { account, call, can } from "./api.js";
import { attempt, button, el, emptyState, icon } from "./elements.js";
import { filesView } from "./files.js";
import { size } from "./format.js";
import { sharesView } from "./sharing.js";
import { prepareUploads, sending } from "./uploads.js";
import { jobsView, trashView } from "./work.js";

const WAIT_S = 25;
const AGAIN_MS = 3000;
const TYPING_MS = 250;

const main = document.getElementById("main");
const search = document.getElementById("q");
const SECTIONS = [
  { name: "files", text: "Files", show: (view) => filesView(view, { ...filter, path: rest(), go }) },
  { name: "shares", text: "Shares", show: (view) => sharesView(view) },
  { name: "jobs", text: "Jobs", show: (view) => jobsView(view) },
  { name: "trash", text: "Trash", show: (view) => trashView(view) },
  ...(account.scopes.has("admin") ? [{ name: "admin", text: "Admin", show: (view) => adminView(view, { part: rest() }) }] : []),
];
const filter = { words: "", kind: "" };
let shown = null;
let turn = 0;
/* What changed while a view was being drawn. */
let missed = [];

function rest() {
  return decodeURIComponent(location.hash.split("/").slice(2).join("/"));
}

function section() {
  return SECTIONS.find(({ name }) => name === location.hash.split("/")[1]) ?? SECTIONS[0];
}

function go(changes) {
  Object.assign(filter, changes);
  show();
}

/* Each view draws into a place of its own: one that comes late never covers the one that was asked for after it. */
async function show() {
  const mine = ++turn;
  const view = el("div");
  const { name, text, show: draw } = section();
  document.title = document.title.replace(/^[^·]*/, `${text} `);
  document.querySelectorAll("#sections a").forEach((link) => (link.dataset.name === name ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current")));
  shown?.leave?.();
  shown = null;
  missed = [];
  try {
    const found = await draw(view);
    if (mine !== turn) {
      found.leave?.();
      return;
    }
    shown = found;
    main.replaceChildren(view);
    missed.forEach((file) => shown.changed?.(file));
  } catch (error) {
    if (mine === turn) {
      main.replaceChildren(emptyState("This did not work", error.message, button("Try again", show)));
    }
  }
}

/* The change feed; a cursor that grew too old, or a lost connection, begins anew. */
async function follow() {
  let since = "";
  for (;;) {
    try {
      const found = await call("/changes", { query: { wait: since ? WAIT_S : 0, ...(since ? { since } : {}) } });
      since = found.next;
      const newest = new Map(found.changes.map(({ file }) => [file.fileId, file]));
      shown ? newest.forEach((file) => shown.changed?.(file)) : missed.push(...newest.values());
      if (found.retryAfter) {
        await pause(found.retryAfter * 1000);
      }
    } catch {
      since = "";
      await pause(AGAIN_MS);
      await show();
    }
  }
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

async function showUsage() {
  const me = await attempt(() => call("/me"));
  if (me) {
    const text = me.quota.bytes ? `${size(me.used.bytes)} of ${size(me.quota.bytes)} used` : `${size(me.used.bytes)} used, ${size(me.disk.freeBytes)} free`;
    document.getElementById("usage").textContent = text;
  }
}

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    filter.words = search.value.trim();
    section().name === "files" ? show() : (location.hash = "#/files");
  }, TYPING_MS);
});
document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea, dialog")) {
    search.focus();
    event.preventDefault();
  }
});
document.getElementById("sections").append(
  ...SECTIONS.map(({ name, text }) => el("a", { href: `#/${name}`, "data-name": name }, icon(name), el("span", {}, text))),
);
window.addEventListener("hashchange", show);
window.addEventListener("beforeunload", (event) => sending() && event.preventDefault());

await show();
if (can("upload")) {
  prepareUploads();
}
showUsage();
follow();
