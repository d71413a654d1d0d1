/* What services do and did for files: the trash's and the jobs' pages. */
import { call, can } from "./api.js";
import { card, status } from "./cards.js";
import { confirmed } from "./dialogs.js";
import { attempt, button, el, emptyState, say } from "./elements.js";
import { percent } from "./format.js";

const LOOK_MS = 2500;
const CANCELLABLE = new Set(["preview", "transcode", "thumbnails", "downloads"]);
const UNFINISHED = new Set(["waiting", "running", "retrying"]);
const STATES = { waiting: "waits", running: "runs", retrying: "will be tried again", failed: "failed", cancelled: "cancelled", done: "done" };

export async function trashView(main) {
  const { items } = await call("/files", { query: { state: "trashed", limit: 200 } });
  main.replaceChildren(el("h1", {}, "Trash"), el("p", { class: "facts" }, "What is here goes for good after 30 days."));
  if (!items.length) {
    main.append(emptyState("The trash is empty", "Files that you put into the trash wait here, with their links switched off."));
    return { changed: (file) => file.state === "trashed" && trashView(main) };
  }
  const grid = el("ul", { class: "grid" }, items.map((file) => binned(file)));
  main.append(grid);
  return {
    changed(file) {
      const old = grid.querySelector(`[data-id="${file.fileId}"]`);
      if (file.state === "trashed" && !old) {
        grid.prepend(binned(file));
      } else if (file.state !== "trashed" && old) {
        old.remove();
        grid.children.length || trashView(main);
      }
    },
  };
}

function binned(file) {
  const restore = () => attempt(async () => {
    await call(`/files/${file.fileId}/restore`, { method: "POST" });
    say(`“${file.title}” is back.`);
  });
  const purge = async () => {
    if (await confirmed("Delete for good?", `“${file.title}” and all that was made of it are gone then; there is no way back.`, "Delete for good")) {
      await attempt(() => call(`/delete/${file.fileId}`, { method: "DELETE" }));
    }
  };
  const one = card(file, restore);
  one.append(el("p", { class: "actions" }, can("delete") && button("Restore", restore), can("purge") && button("Delete", purge, "bad")));
  return one;
}

export async function jobsView(main) {
  const list = el("ul", { class: "rows" });
  const draw = async () => {
    const query = new URLSearchParams([["state", "uploaded"], ["state", "processing"], ["state", "errored"], ["limit", "100"]]);
    const { items } = await call(`/files?${query}`);
    list.replaceChildren(...items.flatMap((file) => rows(file, draw)));
    if (!items.length) {
      list.replaceChildren(el("li", { class: "plain" }, emptyState("Nothing to do", "Every file is ready. What runs or failed shows up here.")));
    }
  };
  main.replaceChildren(el("h1", {}, "Jobs"), list);
  await draw();
  const timer = setInterval(() => draw().catch(() => {}), LOOK_MS);
  return { leave: () => clearInterval(timer) };
}

function rows(file, draw) {
  const open = file.jobs.filter((job) => job.state !== "done");
  const again = file.state === "errored" ? file.jobs.find((job) => job.service === "metadata")?.id : undefined;
  const whole = { id: again, service: status(file), state: "", progress: null, eta: null, error: file.error?.detail ?? file.error?.type };
  return (open.length ? open : [whole]).map((job) =>
    el(
      "li",
      {},
      el(
        "div",
        { class: "grow" },
        el("a", { href: `/watch/${file.fileId}` }, file.title),
        el("p", { class: `facts ${job.state === "failed" || file.state === "errored" ? "failed" : ""}` }, [job.service, STATES[job.state] ?? job.state, job.attempts > 1 && `try ${job.attempts}`, left(job), job.error].filter(Boolean).join(" · ")),
        job.progress !== null && el("progress", { max: 1, value: job.progress, "aria-label": `${job.service} of ${file.title}` }),
      ),
      job.progress !== null && el("span", { class: "facts" }, percent(job.progress)),
      jobButton(job, draw),
    ),
  );
}

/* What can be done about a job, null for nothing. */
export function jobButton(job, done) {
  if (!job.id || !can("upload")) {
    return null;
  }
  if (UNFINISHED.has(job.state)) {
    return CANCELLABLE.has(job.service) ? button("Cancel", () => act(job, "cancel", done)) : null;
  }
  return button("Retry", () => act(job, "retry", done));
}

function left({ eta }) {
  return eta ? `about ${eta < 90 ? `${Math.ceil(eta)} s` : `${Math.ceil(eta / 60)} min`} left` : "";
}

function act(job, what, draw) {
  return attempt(async () => {
    await call(`/jobs/${job.id}/${what}`, { method: "POST" });
    await draw();
  });
}
