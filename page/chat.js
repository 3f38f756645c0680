// The chat page: one WebSocket, a few conversations (everyone, rooms, private ones), and who is online.
// The token comes from the address's fragment (#token=..), which no server and no log sees, or from the form.
// The messages are those of docs/reference/chat.md.
"use strict";

const $ = (id) => document.getElementById(id);
const EVERYONE = "everyone";
const TYPING_SHOWN_MS = 4000;
const MESSAGES_KEPT = 500; // of each conversation
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 30000;
// Closes after which the same token may do better: going away, lost, failed, restarting, overloaded, too slow.
const CODES_TO_RETRY = new Set([1001, 1006, 1011, 1012, 1013, 4408]);

let socket = null;
let token = "";
let retryMs = RETRY_MS_MIN;
let retryTimer = 0;
let me = "";
let users = new Set();
let current = EVERYONE; // the key of the conversation shown
let opening = ""; // the room the user has asked to enter
const conversations = new Map(); // by key

// The conversation with everyone, of a room, or with one user; made when it is first asked for.
function conversation(kind, name = "") {
  const key = kind === EVERYONE ? EVERYONE : `${kind}:${name}`;
  if (!conversations.has(key)) {
    conversations.set(key, {key, kind, name, messages: [], dropped: 0, unread: 0, members: [], typing: new Map()});
  }
  return conversations.get(key);
}

const roomJoined = (name) => conversations.get(`room:${name}`);
const shownConversation = () => conversations.get(current);
const titleOf = (c) => (c.kind === EVERYONE ? "Everyone" : c.kind === "room" ? `# ${c.name}` : `@ ${c.name}`);

// --- the connection ---

// The address and the subprotocols that carry the token; ?carrier=query|cookie|subprotocol chooses how.
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
  clearTimeout(retryTimer);
  setState("connecting", "connecting…");
  try {
    socket = new WebSocket(...address());
  } catch {
    return askForToken("This is not a token: it has characters that no token has."); // none a subprotocol may have
  }
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = closed;
}

function closed({code, reason}) {
  setState("closed", `closed (${code})`);
  if (code === 4401) return askForToken("The token is no longer good, or never was. Paste a fresh one.");
  if (!CODES_TO_RETRY.has(code)) return notice(`The connection was closed: ${code} ${reason}`);
  notice("The connection is lost. Trying again…");
  // At a random time, for everyone else was cut off at the same moment.
  retryTimer = setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
  retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
}

const isOpen = () => socket?.readyState === WebSocket.OPEN;

// Returns whether it was sent.
function send(message) {
  if (isOpen()) socket.send(JSON.stringify(message));
  else notice("Not connected: nothing was sent.");
  return isOpen();
}

function setState(state, words) {
  $("state").dataset.state = state;
  $("state").textContent = words;
  $("reconnect").hidden = state !== "closed" || !token;
}

let noticeTimer = 0;
function notice(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => ($("notice").hidden = true), 6000);
}

function askForToken(words) {
  token = "";
  setState("closed", "not connected");
  document.querySelector("main").hidden = true;
  $("login").hidden = false;
  $("token").focus();
  notice(words);
}

// --- messages in ---

const handlers = {
  welcome(m) {
    if (m.user_id !== me) forgetConversations(); // another user's are none of this one's business
    me = m.user_id;
    users = new Set(m.users);
    retryMs = RETRY_MS_MIN;
    setState("open", "connected");
    notice("");
    $("me").textContent = me;
    $("login").hidden = true;
    document.querySelector("main").hidden = false;
    // A connection starts in no room: enter those of before, and those of the user's other devices.
    const before = [...conversations.values()].filter((c) => c.kind === "room").map((c) => c.name);
    for (const room of new Set([...before, ...m.rooms])) send({type: "join_room", room});
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
    if (m.room !== opening) return;
    opening = "";
    show(c);
  },
  left_room(m) {
    conversations.delete(`room:${m.room}`);
    if (!shownConversation()) show(conversation(EVERYONE));
  },
  user_joined_room(m) {
    const c = roomJoined(m.room);
    if (!c || c.members.includes(m.user_id)) return;
    c.members.push(m.user_id);
    log(c, {event: `${m.user_id} joined`});
  },
  user_left_room(m) {
    const c = roomJoined(m.room);
    if (!c || m.user_id === me) return; // another device of this user
    c.members = c.members.filter((name) => name !== m.user_id);
    log(c, {event: `${m.user_id} left`});
  },
  room_message: (m) => log(roomJoined(m.room), m),
  private_message: (m) => log(conversation("private", m.from), m),
  private_message_sent(m) {
    const c = conversation("private", m.to);
    log(c, {from: me, text: m.text, timestamp: m.timestamp});
    if (!m.delivered) log(c, {event: `${m.to} is offline: not delivered`});
  },
  user_typing(m) {
    const c = m.room ? roomJoined(m.room) : m.private ? conversation("private", m.user_id) : conversation(EVERYONE);
    if (c) setTyping(c, m.user_id, m.typing);
  },
};

function receive(message) {
  if (message.error) notice(message.detail || message.error);
  else handlers[message.type]?.(message);
  render();
}

function log(c, message) {
  if (!c) return; // of a room just left
  c.messages.push(message);
  if (c.messages.length > MESSAGES_KEPT) {
    c.messages.shift();
    c.dropped += 1;
  }
  if (!message.from) return;
  setTyping(c, message.from, false);
  if (c.key !== current) c.unread += 1;
}

function setTyping(c, user, typing) {
  clearTimeout(c.typing.get(user));
  c.typing.delete(user);
  if (typing) c.typing.set(user, setTimeout(() => { setTyping(c, user, false); render(); }, TYPING_SHOWN_MS));
}

function forgetConversations() {
  conversations.clear();
  show(conversation(EVERYONE));
}

// --- what is shown ---

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text; // never innerHTML: every text here is somebody else's
  made.className = className;
  return made;
}

function show(c) {
  current = c.key;
  c.unread = 0;
  render();
  // Where there is a mouse; on a phone it would raise the keyboard.
  if (matchMedia("(pointer: fine)").matches) $("text").focus();
}

// Draws at the next frame, once for all that came until then.
let renderDue = false;
function render() {
  if (renderDue) return;
  renderDue = true;
  requestAnimationFrame(() => {
    renderDue = false;
    renderNavigation();
    renderTitle();
    renderLog();
    renderTyping();
  });
}

function renderNavigation() {
  const all = [...conversations.values()];
  renderItems($("rooms"), all.filter((c) => c.kind !== "private").map((c) => ({...c, label: titleOf(c)})));
  // Who has gone stays listed while there is a conversation to read.
  const names = new Set([...users, ...all.filter((c) => c.kind === "private").map((c) => c.name)]);
  $("count").textContent = String(users.size);
  renderItems($("users"), [...names].sort().map((name) => ({
    key: `private:${name}`,
    kind: "private",
    name,
    label: name === me ? `${name} (you)` : name,
    unread: conversations.get(`private:${name}`)?.unread ?? 0,
    away: !users.has(name),
  })));
}

// Makes the list say what `items` say. An item that stays keeps its element, and so the keyboard's focus.
function renderItems(list, items) {
  const keys = new Set(items.map((item) => item.key));
  const shown = new Map();
  for (const li of [...list.children]) {
    if (keys.has(li.dataset.key)) shown.set(li.dataset.key, li);
    else li.remove();
  }
  items.forEach((item, index) => {
    const li = shown.get(item.key) ?? newItem(item);
    if (list.children[index] !== li) list.insertBefore(li, list.children[index] ?? null);
    const button = li.firstChild;
    const [label, unread] = button.children;
    label.textContent = item.label;
    unread.textContent = String(item.unread);
    unread.hidden = !item.unread;
    button.disabled = item.kind === "private" && item.name === me;
    button.classList.toggle("away", Boolean(item.away));
    const chosen = item.key === current && button.getAttribute("aria-current") !== "true";
    button.setAttribute("aria-current", String(item.key === current));
    if (chosen) li.scrollIntoView({block: "nearest", inline: "nearest"});
  });
}

function newItem({key, kind, name}) {
  const button = element("button");
  button.type = "button";
  button.append(element("span"), element("span", "", "unread"));
  button.onclick = () => show(conversation(kind, name));
  const li = element("li");
  li.dataset.key = key;
  li.append(button);
  return li;
}

function renderTitle() {
  const c = shownConversation();
  $("place").textContent = titleOf(c);
  $("members").textContent = c.kind === "room" ? c.members.join(", ") : "";
  $("leave").hidden = c.kind !== "room";
}

// What the log's elements are: of which conversation, and how many had been dropped from its front.
const drawn = {conversation: null, dropped: 0};

// Only what is new is added, so that a screen reader reads only that.
function renderLog() {
  const list = $("log");
  const c = shownConversation();
  const other = drawn.conversation !== c;
  const atEnd = other || list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (other) list.replaceChildren();
  else for (let i = drawn.dropped; i < c.dropped; ++i) list.firstChild?.remove();
  for (const message of c.messages.slice(list.children.length)) list.append(messageItem(message));
  drawn.conversation = c;
  drawn.dropped = c.dropped;
  if (atEnd) list.scrollTop = list.scrollHeight;
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
  const names = [...shownConversation().typing.keys()];
  $("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
}

// --- what the user does ---

// The fields that say where a message goes.
function destination() {
  const c = shownConversation();
  if (c.kind === "room") return {room: c.name};
  return c.kind === "private" ? {to: c.name} : {};
}

const messageTypes = {room: "room_message", private: "private_message", [EVERYONE]: "chat_message"};

$("compose").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || !send({type: messageTypes[shownConversation().kind], ...destination(), text})) return;
  $("text").value = "";
  typedAt = 0;
};

// Says that the user types, at most every two seconds, and that the text is gone again.
let typedAt = 0;
$("text").oninput = () => {
  const typing = $("text").value !== "";
  if (!isOpen() || (typing && Date.now() - typedAt < TYPING_SHOWN_MS / 2)) return;
  typedAt = typing ? Date.now() : 0;
  send({type: "typing", typing, ...destination()});
};

$("join").onsubmit = (event) => {
  event.preventDefault();
  const room = $("room").value.trim();
  if (!room || !send({type: "join_room", room})) return;
  opening = room;
  $("room").value = "";
};

$("leave").onclick = () => send({type: "leave_room", ...destination()});
$("reconnect").onclick = connect;

$("login").onsubmit = (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  connect();
};

// Another address pasted into this window: begin anew.
addEventListener("hashchange", () => location.reload());

forgetConversations();
token = new URLSearchParams(location.hash.slice(1)).get("token")?.trim() || "";
if (token) {
  $("login").hidden = true;
  connect();
}
