/* For admin keys: work that was given up, the quarantine, tenants and keys. */
import { copyText } from "../copying.js";
import { call } from "./api.js";
import { ask, confirmed, openDialog } from "./dialogs.js";
import { attempt, button, el, emptyState, say } from "./elements.js";
import { size, when } from "./format.js";

const PARTS = { letters: "Failed work", quarantine: "Quarantine", tenants: "Tenants", keys: "Keys" };
const DRAW = { letters, quarantine, tenants, keys };

export async function adminView(main, { part }) {
  const chosen = DRAW[part] ? part : "letters";
  const body = el("div");
  main.replaceChildren(
    el("h1", {}, "Administration"),
    el("nav", { class: "kinds", "aria-label": "Administration" }, Object.entries(PARTS).map(([name, text]) => el("a", { class: "chip", href: `#/admin/${name}`, "aria-current": name === chosen ? "page" : null }, text))),
    body,
  );
  const draw = async () => body.replaceChildren(...[await DRAW[chosen]((work) => attempt(async () => (await work(), await draw())))].flat());
  await draw();
  return {};
}

function row(title, facts, ...actions) {
  return el("li", {}, el("div", { class: "grow" }, el("strong", {}, title), el("p", { class: "facts" }, facts.filter(Boolean).join(" · "))), actions);
}

async function letters(act) {
  const { items } = await call("/admin/dead-letters");
  if (!items.length) {
    return emptyState("No failed work", "What a service gives up on after its last try waits here for another chance.");
  }
  const again = (body) => act(async () => say(`${(await call("/admin/replay", { method: "POST", body })).replayed} put back into the queue.`));
  return [
    el("p", { class: "actions" }, button("Retry all", () => again({}), "")),
    el("ul", { class: "rows" }, items.map((one) => row(`${one.service}: ${one.error}`, [one.type, one.key, `${one.attempts} tries`, when(one.diedAt)], button("Retry", () => again({ ids: [one.id] }))))),
  ];
}

async function quarantine(act) {
  const { items } = await call("/admin/quarantine");
  if (!items.length) {
    return emptyState("Nothing in quarantine", "Objects and events that have no place in the catalog are kept here to be looked at.");
  }
  const drop = (one) => act(() => call(`/admin/quarantine/${one.id}`, { method: "DELETE" }));
  const look = (one) => openDialog(one.reason, el("pre", {}, one.body));
  return el("ul", { class: "rows" }, items.map((one) => row(one.objectKey ?? one.source, [one.reason, one.count > 1 && `${one.count} times`, when(one.receivedAt)], button("Look", () => look(one)), button("Forget", () => drop(one), "bad"))));
}

async function tenants(act) {
  const { items } = await call("/admin/tenants");
  const add = async () => {
    const asked = await ask("New tenant", [
      { name: "id", label: "Id (a-z, 0-9, -, _)", value: "", required: true, pattern: "[a-z0-9][a-z0-9_-]{1,62}" },
      { name: "name", label: "Name", value: "" },
    ], { submit: "Make tenant" });
    asked && (await act(() => call("/admin/tenants", { method: "POST", body: { id: asked.id, ...(asked.name ? { name: asked.name } : {}) } })));
  };
  const quota = async (one) => {
    const asked = await ask(`Quota of ${one.name}`, [{ name: "gb", label: "Gigabytes (0: no limit)", type: "number", min: 0, step: "any", value: String(one.quotaBytes / 1e9) }]);
    asked && (await act(() => call(`/admin/tenants/${one.id}`, { method: "PATCH", body: { quotaBytes: Math.round(Number(asked.gb) * 1e9) } })));
  };
  const toggle = async (one) => {
    const sure = one.disabledAt || (await confirmed("Disable this tenant?", "Its keys and links open nothing; its files stay.", "Disable"));
    sure && (await act(() => call(`/admin/tenants/${one.id}`, { method: "PATCH", body: { disabled: !one.disabledAt } })));
  };
  return [
    el("p", { class: "actions" }, button("New tenant", add, "")),
    el("ul", { class: "rows" }, items.map((one) => row(one.name, [one.id, `${one.storedFiles} files, ${size(one.storedBytes)}`, one.quotaBytes ? `of ${size(one.quotaBytes)}` : "no limit", one.disabledAt && "disabled"], button("Quota", () => quota(one)), button(one.disabledAt ? "Enable" : "Disable", () => toggle(one), one.disabledAt ? "quiet" : "bad")))),
  ];
}

async function keys(act) {
  const { items } = await call("/admin/keys");
  const add = async () => {
    const asked = await ask("New key", [
      { name: "name", label: "Whose or what for", value: "", required: true },
      { name: "tenantId", label: "Tenant", value: "default", required: true },
    ], { submit: "Make key" });
    asked && (await act(async () => showKey((await call("/admin/keys", { method: "POST", body: asked })).key)));
  };
  const revoke = async (one) => {
    if (await confirmed("Revoke this key?", `“${one.name}” opens nothing any more.`, "Revoke")) {
      await act(() => call(`/admin/keys/${one.id}`, { method: "DELETE" }));
    }
  };
  return [
    el("p", { class: "actions" }, button("New key", add, "")),
    el("ul", { class: "rows" }, items.map((one) => row(one.name, [one.tenantId, one.scopes.join(" "), one.revokedAt ? "revoked" : one.lastUsedAt ? `used ${when(one.lastUsedAt)}` : "never used"], !one.revokedAt && button("Revoke", () => revoke(one), "bad")))),
  ];
}

function showKey(text) {
  openDialog("The key", el("p", {}, "It is shown this once."), el("pre", {}, text), el("p", { class: "actions" }, button("Copy", async () => say((await copyText(text)) ? "Copied." : "Copy it from above."), "")));
}
