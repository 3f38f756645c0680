// The chat page: one client, a few conversations (everyone, rooms, private ones), and who is online.
// The token comes from the address's fragment (#token=..), which no server and no log sees, or from the form.
// docs/reference/chat.md describes the messages. The client keeps the connection, the queue and the rooms; the page keeps the
// messages, even when the server has forgotten them.
import {connect as connectClient} from "./microframe.js";

const $ = (id) => document.getElementById(id);
const EVERYONE = "everyone"; // a conversation, and the room that everyone is in
const TYPING_SHOWN_MS = 4000;
const MESSAGES_KEPT = 500; // of each conversation
const MESSAGES_ASKED = 50; // of a room that is entered

let client = null;
let token = "";
let me = "";
let current = EVERYONE; // the key of the conversation shown
let opening = ""; // the room the user has asked to enter
const conversations = new Map(); // by key

// The conversation with everyone, of a room, or with one user. A conversation is created when it is first asked for.
function conversation(kind, name = "") {
  const key = kind === EVERYONE ? EVERYONE : `${kind}:${name}`;
  if (!conversations.has(key)) {
    conversations.set(key, {key, kind, name, messages: [], dropped: 0, unread: 0, typing: new Map()});
  }
  return conversations.get(key);
}

const ofRoom = (name) => (name === EVERYONE ? conversation(EVERYONE) : conversations.get(`room:${name}`));
const shownConversation = () => conversations.get(current);
const titleOf = (c) => (c.kind === EVERYONE ? "Everyone" : c.kind === "room" ? `# ${c.name}` : `@ ${c.name}`);

// --- the connection ---

// The address, and how the token gets there; ?carrier=query|cookie|subprotocol chooses.
function address() {
  const carrier = new URLSearchParams(location.search).get("carrier") || "subprotocol";
  const base = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/chat`;
  if (carrier === "query") return [`${base}?token=${encodeURIComponent(token)}`, {}];
  if (carrier === "cookie") {
    document.cookie = `access_token=${token}; SameSite=Strict; Path=/ws`;
    return [base, {}];
  }
  return [base, {token: () => token}];
}

function connect() {
  client?.close();
  client = connectClient(...address());
  setState("connecting", "connecting…");
  client.on("state", changed);
  client.on("message", receive);
  client.on("joined", joined);
  client.on("left", left);
  client.on("presence", others);
  client.on("error", (error) => notice(error.message));
  client.join(EVERYONE, {last: MESSAGES_ASKED}).catch(() => {});
}

function changed(state, {code, error}) {
  if (state === "open") return opened();
  if (state === "reconnecting") return setState("reconnecting", "reconnecting…");
  setState("closed", code ? `closed (${code})` : "closed");
  if (!error) return; // closed here, for another
  if (error.code === "unauthorized") return askForToken("The token is no longer good, or never was. Paste a fresh one.");
  const words = {forbidden: "You may not be here", replaced: "Another window took this one's place"};
  notice(`${words[error.code] ?? "The connection was closed"}: ${error.message}`, {stays: true});
}

function opened() {
  if (client.user !== me) forgetConversations(); // another user's are none of this one's business
  me = client.user;
  setState("open", "connected");
  notice("");
  $("me").textContent = me;
  $("login").hidden = true;
  document.querySelector("main").hidden = false;
  // A former client knew these rooms; the new one has to join them.
  for (const c of conversations.values()) {
    if (c.kind === "room" && !client.rooms.includes(c.name)) enter(c.name);
    for (const message of c.messages) if (message.sending === "queued") setSending(message, "sending");
  }
  render();
}

function setState(state, words) {
  $("state").dataset.state = state;
  $("state").textContent = words;
  $("reconnect").hidden = state !== "closed" || !token;
}

let noticeTimer = 0;
function notice(words, {stays = false} = {}) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(noticeTimer);
  if (!stays) noticeTimer = setTimeout(() => ($("notice").hidden = true), 6000);
}

function askForToken(words) {
  token = "";
  setState("closed", "not connected");
  document.querySelector("main").hidden = true;
  $("login").hidden = false;
  $("token").focus();
  notice(words);
}

// --- rooms ---

const members = (room) => Object.keys(client?.presence(room) ?? {}).sort();

function enter(room) {
  client.join(room, {last: MESSAGES_ASKED}).catch((error) => {
    if (opening === room) opening = "";
    if (error.code !== "closed") notice(error.message);
  });
}

function joined({room, recovered}) {
  const c = room === EVERYONE ? conversation(EVERYONE) : conversation("room", room);
  if (recovered === false) log(c, {event: "You were away: messages may be missing here"});
  if (room === opening) {
    opening = "";
    show(c);
  }
  render();
}

function left({room, code}) {
  if (code) notice(`You are no longer in ${room}: ${code}`);
  conversations.delete(`room:${room}`);
  if (!shownConversation()) show(conversation(EVERYONE));
  render();
}

// Other users came or went. Only a user's first device and the last one are announced.
function others({room, joins, leaves}) {
  const c = ofRoom(room);
  const there = client.presence(room) ?? {};
  const [came, went] = room === EVERYONE ? ["is online", "went offline"] : ["joined", "left"];
  for (const [user, devices] of Object.entries(joins)) {
    if (user !== me && there[user]?.length === devices.length) log(c, {event: `${user} ${came}`});
  }
  for (const user of Object.keys(leaves)) {
    if (user !== me && !there[user]) log(c, {event: `${user} ${went}`});
  }
  render();
}

// --- messages in ---

const handlers = {
  chat_message: (m) => said(conversation(EVERYONE), m),
  room_message: (m) => said(ofRoom(m.room), m),
  private_message: (m) => said(conversation("private", m.from), m),
  private_message_sent(m) {
    const c = conversation("private", m.to);
    said(c, {from: me, text: m.text, timestamp: m.timestamp});
    if (!m.delivered) log(c, {event: `${m.to} is offline: not delivered`});
  },
  user_typing(m) {
    const c = m.room ? ofRoom(m.room) : m.private ? conversation("private", m.user_id) : conversation(EVERYONE);
    if (c) setTyping(c, m.user_id, m.typing);
  },
};

function receive(message) {
  handlers[message.type]?.(message);
  render();
}

// A message of another user, or of this one: then the message may be shown already, as being sent.
function said(c, message) {
  const waiting = message.from === me && c?.messages.find((other) => other.sending && other.text === message.text);
  if (!waiting) return log(c, message);
  waiting.timestamp = message.timestamp;
  setSending(waiting, "");
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
  if (c.key !== current && message.from !== me) c.unread += 1;
}

function setTyping(c, user, typing) {
  clearTimeout(c.typing.get(user));
  c.typing.delete(user);
  if (typing) c.typing.set(user, setTimeout(() => { setTyping(c, user, false); render(); }, TYPING_SHOWN_MS));
}

// sending: "" once the message has arrived, or a word for what the message waits for.
function setSending(message, sending) {
  message.sending = sending;
  if (message.status) message.status.textContent = statusOf(message);
  if (message.item) message.item.dataset.sending = sending || "delivered";
}

const STATUS = {queued: "queued", sending: "…", unknown: "nobody knows whether it arrived", refused: "not sent", "": "✓"};
const statusOf = ({sending}) => STATUS[sending];

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
  // Only where there is a mouse, because the focus would open the keyboard of a phone.
  if (matchMedia("(pointer: fine)").matches) $("text").focus();
}

// Draws at the next frame, once for everything that came until then.
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
  // A user who has gone stays in the list while there is a conversation to read.
  const online = new Set(members(EVERYONE));
  const names = new Set([...online, ...all.filter((c) => c.kind === "private").map((c) => c.name)]);
  $("count").textContent = String(online.size);
  renderItems($("users"), [...names].sort().map((name) => ({
    key: `private:${name}`,
    kind: "private",
    name,
    label: name === me ? `${name} (you)` : name,
    unread: conversations.get(`private:${name}`)?.unread ?? 0,
    away: !online.has(name),
  })));
}

// Makes the list show `items`. An item that stays keeps its element, and so the keyboard focus.
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
  $("members").textContent = c.kind === "room" ? members(c.name).join(", ") : "";
  $("leave").hidden = c.kind !== "room";
}

// What the elements of the log show: which conversation, and how many messages had been dropped from its front.
const drawn = {conversation: null, dropped: 0};

// Only new messages are added, so that a screen reader reads only those.
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
  if (message.sending !== undefined) {
    message.item = item;
    message.status = element("span", "", "status");
    item.append(message.status);
    setSending(message, message.sending);
  }
  return item;
}

function renderTyping() {
  const names = [...shownConversation().typing.keys()];
  $("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
}

// --- what the user does ---

// Returns the fields that say where a message goes.
function destination() {
  const c = shownConversation();
  if (c.kind === "room") return {room: c.name};
  return c.kind === "private" ? {to: c.name} : {};
}

const messageTypes = {room: "room_message", private: "private_message", [EVERYONE]: "chat_message"};

$("compose").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || client.state === "closed") return;
  const c = shownConversation();
  const message = {from: me, text, timestamp: new Date().toISOString(), sending: client.state === "open" ? "sending" : "queued"};
  log(c, message);
  client.send({type: messageTypes[c.kind], ...destination(), text}).then(
    () => setSending(message, ""),
    (error) => failed(message, error),
  );
  $("text").value = "";
  typedAt = 0;
  render();
};

function failed(message, error) {
  const ended = client.state === "closed" || error.code === "closed";
  setSending(message, error.code === "session_lost" || (ended && message.sending === "sending") ? "unknown" : "refused");
  if (error.code !== "session_lost" && !ended) notice(error.message);
}

// Announces that the user types, at most every two seconds, and that the text is gone again.
let typedAt = 0;
$("text").oninput = () => {
  const typing = $("text").value !== "";
  if (typing && Date.now() - typedAt < TYPING_SHOWN_MS / 2) return;
  typedAt = typing ? Date.now() : 0;
  client.post({type: "typing", typing, ...destination()}); // worth nothing later
};

$("join").onsubmit = (event) => {
  event.preventDefault();
  const room = $("room").value.trim();
  if (!room || client.state === "closed") return;
  opening = room;
  enter(room);
  $("room").value = "";
};

$("leave").onclick = () => client.leave(shownConversation().name).catch((error) => notice(error.message));
$("reconnect").onclick = connect;

$("login").onsubmit = (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  connect();
};

// Another address was pasted into this window: start again.
addEventListener("hashchange", () => location.reload());

forgetConversations();
token = new URLSearchParams(location.hash.slice(1)).get("token")?.trim() || "";
if (token) {
  $("login").hidden = true;
  connect();
}
