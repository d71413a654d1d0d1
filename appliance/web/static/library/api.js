/* Calls of the HTTP API in the name of the key that this browser is signed in with. */
const app = document.getElementById("app");

export const account = {
  tenant: app.dataset.tenant,
  scopes: new Set(app.dataset.scopes.split(" ")),
};

export function can(scope) {
  return account.scopes.has(scope) || account.scopes.has("admin");
}

/* The answer's JSON, null for none; throws an Error that says what went wrong, with the status. */
export async function call(path, { method = "GET", body, query, signal } = {}) {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  const headers = { "X-Media-Csrf": app.dataset.csrf };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path + search, { method, headers, signal, cache: "no-store", body: body && JSON.stringify(body) });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error("The appliance cannot be reached at the moment.");
  }
  if (answer.status === 401) {
    location.reload();
  }
  const found = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) {
    throw Object.assign(new Error(found?.detail ?? `The appliance answered ${answer.status}.`), { status: answer.status });
  }
  return found;
}
