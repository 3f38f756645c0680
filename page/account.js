// Who uses this tab: the access token, the user that the server took it for, and the rooms to return to after a reload.
// All of it is kept in sessionStorage, which outlives a reload and which no other tab sees.
const KEY = "microframe.account";

// Returns what was kept: any of token, user, rooms, current.
export function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // the browser forbids storage
  }
}

export function save(changes) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({...load(), ...changes}));
  } catch {
    // The browser forbids storage: a reload asks for the token again.
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

// Takes the token out of the address's fragment (#token=..), so that neither the history nor a copied address has it.
// The server and its logs never see a fragment. Returns "" if there is no token.
export function takeLinkedToken() {
  const token = tokenIn(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

// Returns a token for that user, from a server that gives them to anybody (microframe serve --demo).
// errors: an Error with words for the user.
export async function tokenFor(name) {
  const headers = {"Content-Type": "application/json"};
  const answer = await fetch("/demo/login", {method: "POST", headers, body: JSON.stringify({name})}).catch(() => null);
  if (!answer) throw new Error("The server does not answer.");
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `The server refuses that name (${answer.status}).`);
  return (await answer.json()).token;
}

// Returns the token of an address that ends with #token=.. Any other text is taken for the token itself.
export function tokenIn(text) {
  const fragment = text.indexOf("#");
  if (fragment < 0) return text.trim();
  return new URLSearchParams(text.slice(fragment + 1)).get("token")?.trim() ?? "";
}

// Returns the user that a token names (its `sub`), unverified: for questions to the user, and for nothing else.
export function nameIn(token) {
  try {
    const payload = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    const {sub} = JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (c) => c.charCodeAt(0))));
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
