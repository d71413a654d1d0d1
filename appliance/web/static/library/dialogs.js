/* Dialogs: native ones, so that Escape, focus and screen readers work as everywhere. */
import { button, el } from "./elements.js";

export function openDialog(title, ...children) {
  const dialog = el(
    "dialog",
    { "aria-label": title },
    el("header", {}, el("h2", {}, title), el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    children,
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/* A form of fields {name, label, type, value, placeholder, required}; null where it was closed. */
export function ask(title, fields, { submit = "Save", text, bad = false } = {}) {
  return new Promise((done) => {
    const rows = fields.map(({ name, label, ...rest }) => {
      const input = el("input", { id: `ask-${name}`, name, ...rest, ...(rest.type === "checkbox" ? { checked: rest.value } : {}) });
      return rest.type === "checkbox"
        ? el("label", { class: "tick" }, input, label)
        : [el("label", { for: `ask-${name}` }, label), input];
    });
    let answer = null;
    const form = el(
      "form",
      {
        method: "dialog",
        onsubmit: () => {
          answer = Object.fromEntries(
            fields.map(({ name, type }) => [name, type === "checkbox" ? form.elements[name].checked : form.elements[name].value.trim()]),
          );
        },
      },
      text && el("p", {}, text),
      rows,
      el("p", { class: "actions" }, el("button", { class: `button ${bad ? "bad" : ""}` }, submit), button("Cancel", () => dialog.close())),
    );
    const dialog = openDialog(title, form);
    dialog.addEventListener("close", () => done(answer));
  });
}

export async function confirmed(title, text, submit) {
  return (await ask(title, [], { submit, text, bad: true })) !== null;
}
