/* Elements without markup in strings: what people typed can never become a tag. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (key.startsWith("on")) {
      element.addEventListener(key.slice(2), value);
    } else if (key in element && typeof value !== "string") {
      element[key] = value;
    } else {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function button(text, onclick, look = "quiet") {
  return el("button", { type: "button", class: `button ${look}`, onclick }, text);
}

/* One outline icon, from the paths below. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  files: "M3 6h6l2 2.5h10v10.5h-18z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  shares: "M8 12a3 3 0 1 1-6 0a3 3 0 0 1 6 0M22 5a3 3 0 1 1-6 0a3 3 0 0 1 6 0M22 19a3 3 0 1 1-6 0a3 3 0 0 1 6 0M8 11l8-5M8 13l8 5",
  jobs: "M12 3a9 9 0 1 0 9 9M12 7v5l3 3",
  admin: "M12 3l8 3v6c0 5-4 8-8 9c-4-1-8-4-8-9v-6z",
  check: "M4 12l5 5L20 6",
};

const toast = document.getElementById("toast");
let hide = 0;

/* A short notice at the foot of the page; `action` is {text, run}. */
export function say(text, action) {
  clearTimeout(hide);
  toast.replaceChildren(text, ...(action ? [button(action.text, () => ((toast.hidden = true), action.run()))] : []));
  toast.hidden = false;
  hide = setTimeout(() => (toast.hidden = true), action ? 8000 : 4000);
}

/* Runs what may fail and tells of it. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    say(error.message);
    return undefined;
  }
}

export function emptyState(title, text, ...actions) {
  return el("section", { class: "notice" }, el("h2", {}, title), el("p", {}, text), el("p", { class: "actions centred" }, actions));
}
