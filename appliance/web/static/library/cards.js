/* One file in a grid. */
import { paintPlaceholder } from "../placeholder.js";
import { el } from "./elements.js";
import { duration, percent, size } from "./format.js";

const BUSY = { waiting: "Waiting for its bytes", uploaded: "Being looked at", processing: "Being prepared" };
const FAILED = { errored: "Not processed", timed_out: "Never finished" };

export function status(file) {
  const job = file.jobs.find((one) => one.state === "running" && one.progress !== null);
  if (FAILED[file.state]) {
    return FAILED[file.state];
  }
  if (!BUSY[file.state]) {
    return "";
  }
  return file.readyToStream ? `Plays, gets better${job ? ` ${percent(job.progress)}` : ""}` : `${BUSY[file.state]}${job ? ` ${percent(job.progress)}` : ""}`;
}

export function thumb(file) {
  const frame = el("span", { class: `thumb ${file.kind}` });
  const picture = file.links.thumbnails["320.webp"] ?? file.links.poster;
  frame.append(el("span", { class: "ext" }, file.type === "bin" ? "FILE" : file.type.toUpperCase()));
  if (file.placeholder) {
    paintPlaceholder(frame, file.placeholder);
  }
  if (picture && file.state !== "trashed") {
    const image = el("img", { src: picture, alt: "", loading: "lazy" });
    image.addEventListener("error", () => image.remove());
    frame.append(image);
  }
  if (file.duration) {
    frame.append(el("span", { class: "badge" }, duration(file.duration)));
  }
  return frame;
}

/* open: called with the file. picked: called with the file and whether it is chosen; without it there is no box. */
export function card(file, open, picked, chosen = false) {
  const state = status(file);
  return el(
    "li",
    { class: "card", "data-id": file.fileId },
    el(
      "button",
      { type: "button", class: "open", onclick: () => open(file) },
      thumb(file),
      el("span", { class: "name", title: file.name }, file.title),
      el("span", { class: `facts ${FAILED[file.state] ? "failed" : ""}` }, state || size(file.size), file.visibility === "private" ? " · private" : ""),
    ),
    picked &&
      el(
        "label",
        { class: "pick" },
        el("input", { type: "checkbox", "aria-label": `Choose ${file.title}`, checked: chosen, onchange: (event) => picked(file, event.target.checked) }),
      ),
  );
}

/* Arrow keys go from file to file. */
export function steer(grid) {
  grid.addEventListener("keydown", (event) => {
    const all = [...grid.querySelectorAll(".open")];
    const here = all.indexOf(document.activeElement);
    if (here < 0 || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
      return;
    }
    const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -here, End: all.length };
    const to = Math.min(all.length - 1, Math.max(0, here + steps[event.key]));
    all[to].focus();
    event.preventDefault();
  });
}
