// The chat page: one WebSocket, a few conversations (everyone, rooms, private ones), and who is online.
// The token comes from the address's fragment (#token=..), which no server and no log sees, or from the form.
"use strict";

const $ = (id) => document.getElementById(id);
const EVERYONE = "everyone";
const TYPING_SHOWN_MS = 4000;

let socket = null;
let token = "";
let me = "";
let retryMs = 500;
let users = new Set();
let current = EVERYONE;
const conversations = new Map(); // key -> {key, kind, name, messages, unread, members, typing}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text; // never innerHTML: every text here is somebody else's
  made.className = className;
  return made;
}

function conversation(kind, name) {
  const key = kind === EVERYONE ? EVERYONE : `${kind}:${name}`;
  if (!conversations.has(key)) {
    conversations.set(key, {key, kind, name, messages: [], unread: 0, members: [], typing: new Map()});
  }
  return conversations.get(key);
}

const titleOf = (c) => (c.kind === EVERYONE ? "Everyone" : c.kind === "room" ? `# ${c.name}` : `@ ${c.name}`);

// --- the connection ---

function address() {
  const carrier = new URLSearchParams(location.search).get("carrier") || "subprotocol";
  const base = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/chat`;
  if (carrier === "query") return [`${base}?token=${encodeURIComponent(token)}`, []];
  if (carrier === "cookie") {
    document.cookie = `access_token=${token}; SameSite=Strict; Path=/ws`;
    return [base, []];
  }
  return [base, [`token.${token}`]];
}

function connect() {
  setState("connecting", "connecting…");
  const [url, protocols] = address();
  socket = new WebSocket(url, protocols);
  let refused = false;
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    refused = message.error === "unauthorized";
    receive(message);
  };
  socket.onclose = (event) => {
    setState("closed", `closed (${event.code})`);
    if (event.code === 4401 || refused) return askForToken("This token is not good, or no longer. Paste a fresh one.");
    if (event.code === 4409) return notice("This window was replaced by a newer one of yours.");
    notice("The connection is lost. Trying again…");
    setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, 30000);
  };
}

function send(message) {
  if (!socket || socket.readyState !== WebSocket.OPEN) return notice("Not connected: the message was not sent.");
  socket.send(JSON.stringify(message));
}

function setState(state, words) {
  $("state").dataset.state = state;
  $("state").textContent = words;
}

let noticeTimer = 0;
function notice(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(noticeTimer);
  if (words) noticeTimer = setTimeout(() => notice(""), 6000);
}

function askForToken(words) {
  document.querySelector("main").hidden = true;
  $("login").hidden = false;
  notice(words);
}

// --- messages in ---

const handlers = {
  welcome(m) {
    me = m.user_id;
    users = new Set(m.users);
    retryMs = 500;
    setState("open", "connected");
    notice("");
    $("me").textContent = me;
    $("login").hidden = true;
    document.querySelector("main").hidden = false;
    // After a reconnection the rooms of before are joined again.
    for (const c of conversations.values()) if (c.kind === "room") send({type: "join_room", room: c.name});
    for (const room of m.rooms) conversation("room", room);
  },
  user_joined(m) {
    users.add(m.user_id);
    log(conversation(EVERYONE), {event: `${m.user_id} is online`});
  },
  user_left(m) {
    users.delete(m.user_id);
    log(conversation(EVERYONE), {event: `${m.user_id} went offline`});
  },
  chat_message: (m) => log(conversation(EVERYONE), m),
  joined_room(m) {
    const c = conversation("room", m.room);
    c.members = m.members;
    show(c.key);
  },
  left_room(m) {
    conversations.delete(`room:${m.room}`);
    show(EVERYONE);
  },
  user_joined_room(m) {
    const c = conversation("room", m.room);
    if (!c.members.includes(m.user_id)) c.members.push(m.user_id);
    log(c, {event: `${m.user_id} joined`});
  },
  user_left_room(m) {
    const c = conversation("room", m.room);
    c.members = c.members.filter((name) => name !== m.user_id);
    log(c, {event: `${m.user_id} left`});
  },
  room_message: (m) => log(conversation("room", m.room), m),
  private_message: (m) => log(conversation("private", m.from), m),
  private_message_sent(m) {
    const c = conversation("private", m.to);
    log(c, {from: me, text: m.text, timestamp: m.timestamp});
    if (!m.delivered) log(c, {event: `${m.to} is offline: not delivered`});
  },
  user_typing(m) {
    const c = m.room ? conversation("room", m.room) : m.private ? conversation("private", m.user_id) : conversation(EVERYONE);
    clearTimeout(c.typing.get(m.user_id));
    c.typing.delete(m.user_id);
    if (m.typing) c.typing.set(m.user_id, setTimeout(() => { c.typing.delete(m.user_id); renderTyping(); }, TYPING_SHOWN_MS));
  },
};

function receive(message) {
  if (message.error) notice(message.detail || message.error);
  else handlers[message.type]?.(message);
  render();
}

function log(c, message) {
  c.messages.push(message);
  if (message.from) {
    clearTimeout(c.typing.get(message.from));
    c.typing.delete(message.from);
    if (c.key !== current) c.unread += 1;
  }
}

// --- what is shown ---

function show(key) {
  if (!conversations.has(key)) return;
  current = key;
  conversations.get(key).unread = 0;
  render();
  $("text").focus();
}

function navigationItem(label, key, unread) {
  const button = element("button", label);
  button.type = "button";
  button.setAttribute("aria-current", String(key === current));
  if (unread) button.append(element("span", String(unread), "unread"));
  const item = element("li");
  item.append(button);
  return [item, button];
}

function renderNavigation() {
  const rooms = [...conversations.values()].filter((c) => c.kind !== "private");
  $("rooms").replaceChildren(...rooms.map((c) => {
    const [item, button] = navigationItem(titleOf(c), c.key, c.unread);
    button.onclick = () => show(c.key);
    return item;
  }));
  $("count").textContent = String(users.size);
  $("users").replaceChildren(...[...users].sort().map((name) => {
    const c = conversations.get(`private:${name}`);
    const [item, button] = navigationItem(name === me ? `${name} (you)` : name, `private:${name}`, c?.unread);
    button.disabled = name === me;
    button.onclick = () => show(conversation("private", name).key);
    return item;
  }));
}

function messageItem(message) {
  if (message.event) return element("li", message.event, "event");
  const item = element("li", "", message.from === me ? "mine" : "");
  const from = element("span", message.from, "from");
  const time = element("time", new Date(message.timestamp).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"}));
  time.dateTime = message.timestamp;
  from.append(time);
  item.append(from, element("span", message.text));
  return item;
}

function renderTyping() {
  const names = [...(conversations.get(current)?.typing.keys() ?? [])];
  $("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
}

function render() {
  renderNavigation();
  const c = conversation(...(current === EVERYONE ? [EVERYONE] : [conversations.get(current).kind, conversations.get(current).name]));
  $("place").textContent = titleOf(c);
  $("members").textContent = c.kind === "room" ? c.members.join(", ") : "";
  $("leave").hidden = c.kind !== "room";
  const list = $("log");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  // Only what is new is added: the list of another conversation is built anew.
  if (list.dataset.key !== c.key) list.replaceChildren();
  list.dataset.key = c.key;
  for (const message of c.messages.slice(list.children.length)) list.append(messageItem(message));
  if (atEnd) list.scrollTop = list.scrollHeight;
  renderTyping();
}

// --- what the user does ---

// The fields that say where a message goes.
function destination() {
  const c = conversations.get(current);
  if (c.kind === "room") return {room: c.name};
  return c.kind === "private" ? {to: c.name} : {};
}

$("compose").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  const types = {room: "room_message", private: "private_message", [EVERYONE]: "chat_message"};
  send({type: types[conversations.get(current).kind], ...destination(), text});
  $("text").value = "";
  typedAt = 0;
};

let typedAt = 0;
$("text").oninput = () => {
  if (Date.now() - typedAt < TYPING_SHOWN_MS / 2) return;
  typedAt = Date.now();
  send({type: "typing", typing: true, ...destination()});
};

$("join").onsubmit = (event) => {
  event.preventDefault();
  const room = $("room").value.trim();
  if (room) send({type: "join_room", room});
  $("room").value = "";
};

$("leave").onclick = () => send({type: "leave_room", ...destination()});

$("login").onsubmit = (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  connect();
};

conversation(EVERYONE);
token = new URLSearchParams(location.hash.slice(1)).get("token") || "";
if (token) {
  $("login").hidden = true;
  connect();
}
