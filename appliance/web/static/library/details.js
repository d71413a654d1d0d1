/* One file: look, rename, move, tag, share, trash. */
import { copyText } from "../copying.js";
import { call, can } from "./api.js";
import { status, thumb } from "./cards.js";
import { openDialog } from "./dialogs.js";
import { attempt, button, el, say } from "./elements.js";
import { duration, size, when } from "./format.js";
import { makeShare } from "./sharing.js";
import { jobButton } from "./work.js";

export function showDetails(file) {
  const field = (name, label, value, rest = {}) => [
    el("label", { for: `file-${name}` }, label),
    el("input", { id: `file-${name}`, name, value, disabled: !can("upload"), autocomplete: "off", ...rest }),
  ];
  const form = el(
    "form",
    {
      method: "dialog",
      onsubmit: (event) => {
        event.preventDefault();
        save(file, form, dialog);
      },
    },
    field("title", "Title", file.title),
    field("path", "Folder", file.path, { placeholder: "the top" }),
    field("tags", "Tags", file.tags.join(", "), { placeholder: "separated by commas" }),
    el("label", { class: "tick" }, el("input", { type: "checkbox", name: "private", checked: file.visibility === "private", disabled: !can("upload") }), "Private: only by a share or a key"),
    el(
      "p",
      { class: "actions" },
      can("upload") && el("button", { class: "button" }, "Save"),
      el("a", { class: "button quiet", href: `/watch/${file.fileId}` }, "Open page"),
      file.links.download && el("a", { class: "button quiet", href: file.links.download }, "Download"),
      button("Copy link", async () => say((await copyText(file.links.page)) ? "The page's link is copied." : file.links.page)),
      can("upload") && button("Share", () => (dialog.close(), makeShare({ fileIds: [file.fileId] }, file.title))),
      can("delete") && button("To the trash", () => (dialog.close(), trash([file])), "bad"),
    ),
  );
  const dialog = openDialog(file.title, el("div", { class: "details" }, el("div", {}, el("a", { class: "card", href: `/watch/${file.fileId}` }, thumb(file)), facts(file), stopped(file, () => dialog.close())), form));
}

function facts(file) {
  const rows = [
    ["Name", file.name],
    ["Size", size(file.size)],
    ["Picture", file.width && `${file.width} × ${file.height}`],
    ["Runs", file.duration && duration(file.duration)],
    ["Codecs", [file.codecs.video, file.codecs.audio].filter(Boolean).join(", ")],
    ["Added", when(file.createdAt)],
    ["By", file.uploadedBy],
    ["State", status(file)],
    ["Reason", file.error && (file.error.detail ?? file.error.type)],
  ];
  return el("dl", {}, rows.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/* Work that ended without being done, with another chance for it. */
function stopped(file, done) {
  const jobs = file.jobs.filter((job) => job.state === "failed" || job.state === "cancelled");
  return jobs.map((job) => el("p", { class: "facts" }, `${job.service}: ${job.error ?? job.state} `, jobButton(job, done)));
}

async function save(file, form, dialog) {
  const value = (name) => form.elements[name].value.trim();
  const body = {
    title: value("title"),
    path: value("path"),
    tags: value("tags").split(",").map((tag) => tag.trim()).filter(Boolean),
    visibility: form.elements.private.checked ? "private" : "public",
  };
  await attempt(async () => {
    await call(`/files/${file.fileId}`, { method: "PATCH", body });
    dialog.close();
    say("Saved.");
  });
}

/* Into the trash, with a way back. */
export async function trash(files) {
  await attempt(async () => {
    for (const file of files) {
      await call(`/delete/${file.fileId}`, { method: "DELETE", query: { trash: "true" } });
    }
    const text = files.length === 1 ? `“${files[0].title}” is in the trash.` : `${files.length} files are in the trash.`;
    say(text, {
      text: "Undo",
      run: () => attempt(() => Promise.all(files.map((file) => call(`/files/${file.fileId}/restore`, { method: "POST" })))),
    });
  });
}
