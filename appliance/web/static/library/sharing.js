/* Making shares, and the list of them. */
import { copyText } from "../copying.js";
import { call, can } from "./api.js";
import { ask, confirmed, openDialog } from "./dialogs.js";
import { attempt, button, el, emptyState, say } from "./elements.js";
import { when } from "./format.js";

/* what: {fileIds} or {path}. */
export async function makeShare(what, title) {
  const asked = await ask(
    "Share",
    [
      { name: "title", label: "Title", value: title },
      { name: "password", label: "Password (none: whoever has the link)", type: "text", value: "", autocomplete: "off" },
      { name: "until", label: "Ends (never, where empty)", type: "date", value: "" },
      { name: "download", label: "Originals may be downloaded", type: "checkbox", value: true },
    ],
    { submit: "Make link" },
  );
  if (asked === null) {
    return;
  }
  const body = { ...what, title: asked.title || undefined, download: asked.download };
  if (asked.password) {
    body.password = asked.password;
  }
  if (asked.until) {
    body.expiresAt = new Date(`${asked.until}T23:59:59`).toISOString();
  }
  await attempt(async () => showLink((await call("/shares", { method: "POST", body })).url));
}

function showLink(url) {
  const field = el("input", { id: "share-url", value: url, readOnly: true, onfocus: (event) => event.target.select() });
  openDialog(
    "Shared",
    el("label", { for: "share-url" }, "Link"),
    field,
    el("p", { class: "actions" }, button("Copy", async () => say((await copyText(url)) ? "Copied." : "Copy it from the field."), ""), el("a", { class: "button quiet", href: url }, "Open")),
  );
  field.select();
}

export async function sharesView(main) {
  const { items } = await call("/shares");
  main.replaceChildren(el("h1", {}, "Shares"));
  if (!items.length) {
    main.append(emptyState("No shares yet", "Choose files, or open a folder, and press Share: people without a key see them by a link."));
    return {};
  }
  main.append(
    el(
      "ul",
      { class: "rows" },
      items.map((share) =>
        el(
          "li",
          {},
          el("div", { class: "grow" }, el("a", { href: share.url }, share.title), el("p", { class: "facts" }, about(share))),
          button("Copy link", async () => say((await copyText(share.url)) ? "Copied." : share.url)),
          can("upload") && button("End", () => end(share, main), "bad"),
        ),
      ),
    ),
  );
  return {};
}

function about(share) {
  return [
    share.path === null ? `${share.fileIds.length} ${share.fileIds.length === 1 ? "file" : "files"}` : `folder ${share.path || "(everything)"}`,
    share.hasPassword && "with a password",
    !share.download && "no downloads",
    share.expired ? "expired" : share.expiresAt && `until ${when(share.expiresAt)}`,
    `by ${share.createdBy}, ${when(share.createdAt)}`,
  ].filter(Boolean).join(" · ");
}

async function end(share, main) {
  if (await confirmed("End this share?", `The link of “${share.title}” opens nothing any more.`, "End share")) {
    await attempt(async () => {
      await call(`/shares/${share.id}`, { method: "DELETE" });
      await sharesView(main);
    });
  }
}
