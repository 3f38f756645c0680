// The chat page: one client, a few conversations (everyone, rooms, private ones), and who is online.
// The token comes with a link (#token=..) or from the form; account.js keeps it for this tab.
// docs/reference/chat.md describes the messages. The client keeps the connection, the queue and the rooms; the page keeps the
// messages, even when the server has forgotten them.
import {forget, load, nameIn, save, takeLinkedToken, tokenFor, tokenIn} from "./account.js";
import {Conversation, EVERYONE} from "./conversation.js";
import {arrange, element, setHue} from "./elements.js";
import {connect as connectClient} from "./microframe.js";

const $ = (id) => document.getElementById(id);
const TYPING_SHOWN_MS = 4000;
const MESSAGES_ASKED = 50; // of a room that is entered
const TEXT_BYTES_MAX = 16 * 1024; // of one message, in UTF-8
const MESSAGE_TOO_BIG = 1009;

let client = null;
let token = "";
let me = "";
let expected; // the user that the token must be for; undefined: anyone
let byLink = false; // whether the token came with a link
let asked = new Set(); // the rooms whose latest messages this client has asked for
let current = EVERYONE; // the key of the conversation shown
let opening = ""; // the room the user has asked to enter
const conversations = new Map(); // by key

// Returns the conversation, which is created when it is first asked for.
function conversation(kind, name = "") {
  const key = Conversation.key(kind, name);
  if (!conversations.has(key)) conversations.set(key, new Conversation(kind, name));
  return conversations.get(key);
}

const ofRoom = (name) => (name === EVERYONE ? conversation(EVERYONE) : conversations.get(`room:${name}`));
const shownConversation = () => conversations.get(current);

// --- the connection ---

function signIn(withToken, {user, linked = false} = {}) {
  token = withToken;
  expected = user;
  byLink = linked;
  notice("");
  connect();
}

function connect() {
  client?.close();
  asked = new Set();
  const given = token;
  client = connectClient(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/chat`, {token: () => given});
  setState("connecting", "connecting…");
  $("sign-out").hidden = false;
  client.on("state", changed);
  client.on("message", receive);
  client.on("joined", joined);
  client.on("left", left);
  client.on("presence", others);
  client.on("error", (error) => notice(error.message));
}

// By code: why the client will not come back by itself.
const endings = {__proto__: null, forbidden: "You may not be here", replaced: "Another window took this one's place"};

function changed(state, {code, error}) {
  if (state === "open") return opened();
  if (error?.code === "no_token") { // what was pasted is no token, and will not become one
    client.close();
    return refused();
  }
  if (state === "reconnecting") return setState("reconnecting", "reconnecting…");
  setState("closed", code ? `closed (${code})` : "closed");
  if (!error) return; // closed here, for another
  if (error.code === "unauthorized") return refused();
  if (code === MESSAGE_TOO_BIG) return queueMicrotask(returnFromTooBig); // once the old client has ended
  notice(`${endings[error.code] ?? "The connection was closed"}: ${error.message}`, {stays: true});
}

function returnFromTooBig() {
  connect();
  notice("The message was too long for this server, and was not sent");
}

function opened() {
  if (expected !== undefined && client.user !== expected) {
    client.close();
    return askToSwitch(token, client.user);
  }
  if (client.user !== me) {
    forgetConversations(); // another user's are none of this one's business
    me = client.user;
    returnToRooms();
  }
  save({token, user: me});
  setState("open", "connected");
  showSignedIn();
  for (const c of conversations.values()) {
    // A former client knew these rooms, or the page before it was loaded again; this client has to join them.
    if (c.kind === "room" && !client.rooms.includes(c.name)) enter(c.name);
    for (const message of c.messages) if (message.sending === "queued") setSending(message, "sending");
  }
  render();
}

function showSignedIn() {
  const first = $("main").hidden;
  $("me").textContent = me;
  $("who").hidden = false;
  $("linked-as").textContent = me;
  if (byLink) $("linked").hidden = false;
  byLink = false;
  $("login").hidden = $("choose").hidden = true;
  $("main").hidden = false;
  if (first) focusText();
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

// --- who signs in ---

// With the token of a link, or with what this tab has kept. A link must not make one user another without a question: who
// follows a stranger's link would write into the stranger's account.
function arrive() {
  const linked = takeLinkedToken();
  const kept = load();
  if (linked && (kept.user === undefined || nameIn(linked) === kept.user)) return signIn(linked, {user: kept.user, linked: !kept.user});
  if (!client) returnAsKept();
  if (linked) askToSwitch(linked, nameIn(linked));
}

function returnAsKept() {
  const {token: kept, user} = load();
  if (kept) signIn(kept, {user});
  else askForToken();
}

function askToSwitch(toToken, toUser) {
  const {user} = load();
  const [from, to] = [user ?? "nobody", toUser ?? "somebody else"];
  $("switch-title").textContent = `Switch to ${to}?`;
  $("switch-why").textContent = `You are ${from} here. A link would sign you in as ${to}: what you write would then be ${to}'s.`;
  $("switch-no").textContent = `Stay ${from}`;
  $("switch-yes").textContent = `Switch to ${to}`;
  $("switch").onclose = () => {
    if ($("switch").returnValue === "yes") signIn(toToken, {user: toUser});
    else if (!client || client.state === "closed") returnAsKept();
  };
  $("switch").returnValue = "";
  if (!$("switch").open) $("switch").showModal();
}

$("switch-no").onclick = () => $("switch").close("no");
$("switch-yes").onclick = () => $("switch").close("yes");

// The server does not take the token. What this tab has kept may still be good.
function refused() {
  const kept = load();
  if (kept.token && kept.token !== token) {
    signIn(kept.token, {user: kept.user});
    return notice(`That token is no longer good, or never was: you are still ${kept.user}`, {stays: true});
  }
  save({token: undefined});
  askForToken(isDemo ? "You were signed in too long ago." : "The token is no longer good, or never was. Paste a fresh one.");
}

// Whether a name is enough to sign in.
const isDemo = document.body.dataset.login === "name";

function askForToken(error = "") {
  token = "";
  setState("closed", "not connected");
  $("main").hidden = true;
  $("linked").hidden = true;
  $("sign-out").hidden = true;
  const [form, field, words] = isDemo ? ["choose", "name", "name-error"] : ["login", "token", "token-error"];
  $(form).hidden = false;
  $(words).textContent = error;
  $(words).hidden = !error;
  $(field).focus();
}

$("login").onsubmit = (event) => {
  event.preventDefault();
  const pasted = tokenIn($("token").value);
  if (!pasted) return askForToken("There is no token in that address.");
  $("token").value = "";
  signIn(pasted);
};

$("choose").onsubmit = async (event) => {
  event.preventDefault();
  const name = $("name").value.trim();
  if (!name) return askForToken("A name has at least one letter.");
  try {
    signIn(await tokenFor(name));
  } catch (error) {
    askForToken(error.message);
  }
};

$("sign-out").onclick = () => {
  client.close();
  client = null;
  forget();
  forgetConversations();
  me = "";
  $("who").hidden = true;
  notice("");
  askForToken();
};

$("linked-ok").onclick = () => {
  $("linked").hidden = true;
  focusText();
};

// --- rooms ---

const members = (room) => Object.keys(client?.presence(room) ?? {}).sort();

function enter(room) {
  asked.add(room);
  client.join(room, {last: MESSAGES_ASKED}).catch((error) => {
    if (opening === room) opening = "";
    if (error.code === "closed") return;
    notice(error.message);
    if (room !== EVERYONE && !client.rooms.includes(room)) drop(room);
  });
}

function joined({room, recovered}) {
  const c = room === EVERYONE ? conversation(EVERYONE) : conversation("room", room);
  if (recovered === false) log(c, {event: "You were away: messages may be missing here"});
  // The server puts everyone into the room for everyone, and sends no messages with that. After a gap it sends none either,
  // but the room may have new ones already.
  if (recovered === false || !asked.has(room)) enter(room);
  if (room === opening) {
    opening = "";
    show(c);
  }
  remember();
  render();
}

function left({room, code}) {
  if (code) notice(`You are no longer in ${room}: ${code}`);
  drop(room);
}

function drop(room) {
  conversations.delete(`room:${room}`);
  if (!shownConversation()) show(conversation(EVERYONE));
  remember();
  render();
}

// The rooms outlive a reload, with how far each was read.
function remember() {
  if (!me) return;
  const rooms = [...conversations.values()].filter((c) => c.kind !== "private").map(({name, read}) => ({name, read}));
  save({rooms, current});
}

function returnToRooms() {
  const kept = load();
  if (kept.user !== me) return save({rooms: [], current: EVERYONE});
  for (const {name, read} of kept.rooms ?? []) {
    const c = name ? conversation("room", name) : conversation(EVERYONE);
    if (!c.messages.length) c.read = read;
  }
  if (conversations.has(kept.current) && current === EVERYONE) show(conversations.get(kept.current));
}

addEventListener("pagehide", remember);

// Other users came or went. Only a user's first device and the last one are announced.
function others({room, joins, leaves}) {
  const c = ofRoom(room);
  const there = new Map(Object.entries(client.presence(room) ?? {})); // a user may be called "constructor"
  const [came, went] = room === EVERYONE ? ["is online", "went offline"] : ["joined", "left"];
  for (const [user, devices] of Object.entries(joins)) {
    if (user !== me && there.get(user)?.length === devices.length) log(c, {event: `${user} ${came}`});
  }
  for (const user of Object.keys(leaves)) {
    if (user !== me && !there.has(user)) log(c, {event: `${user} ${went}`});
  }
  render();
}

// --- messages in ---

const handlers = {
  __proto__: null,
  chat_message: (m, place) => said(conversation(EVERYONE), m, place),
  room_message: (m, place) => said(ofRoom(m.room), m, place),
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

function receive(message, place) {
  handlers[message.type]?.(message, place);
  render();
}

// A message of another user, or of this one: then the message may be shown already, as written. What the server says of it may come
// before it or behind it.
function said(c, message, {room, offset} = {}) {
  if (!c) return; // of a room just left
  const epoch = offset === undefined ? undefined : client.position(room)?.epoch;
  if (c.has({epoch, offset})) return; // it came before the client asked for the latest messages
  const waiting = message.from === me && c.messages.find((other) => other.awaited && other.text === message.text);
  if (!waiting) return log(c, {...message, epoch, offset});
  Object.assign(waiting, {timestamp: message.timestamp, epoch, offset, awaited: false});
  setSending(waiting, "");
}

function log(c, message) {
  c.add(message);
  if (!message.from) return;
  setTyping(c, message.from, false);
  if (c.key === current) c.markRead();
  else if (message.from !== me && !c.wasRead(message)) c.unread += 1;
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

function show(c) {
  current = c.key;
  c.markRead();
  render();
  focusText();
}

// Only where there is a mouse, because the focus would open the keyboard of a phone.
function focusText() {
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
  renderItems($("rooms"), all.filter((c) => c.kind !== "private").map(({key, kind, name, unread, title}) => ({key, kind, name, unread, label: title})));
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

// One that stays keeps its element, and with it the keyboard focus.
function renderItems(list, items) {
  const shown = new Map([...list.children].map((li) => [li.dataset.key, li]));
  const elements = items.map((item) => shown.get(item.key) ?? newItem(item));
  arrange(list, elements);
  items.forEach((item, index) => {
    const li = elements[index];
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
  if (kind === "private") setHue(li, name);
  li.append(button);
  return li;
}

function renderTitle() {
  const c = shownConversation();
  $("place").textContent = c.title;
  $("members").textContent = c.kind === "room" ? members(c.name).join(", ") : "";
  $("leave").hidden = c.kind !== "room";
}

let drawn = null; // the conversation in the log

function renderLog() {
  const talk = $("talk");
  const c = shownConversation();
  const atEnd = drawn !== c || talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  for (const message of c.messages) message.item ??= messageItem(message);
  arrange($("log"), c.messages.map(({item}) => item));
  $("empty").hidden = c.messages.some(({from}) => from);
  $("empty").textContent = c.emptyWords;
  drawn = c;
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

function messageItem(message) {
  if (message.event) return element("li", message.event, "event");
  const item = element("li", "", message.from === me ? "mine" : "");
  const from = element("span", message.from, "from");
  setHue(from, message.from);
  const time = element("time", new Date(message.timestamp).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"}));
  time.dateTime = message.timestamp;
  from.append(time);
  item.append(from, element("span", message.text));
  if (message.sending !== undefined) {
    message.item = item; // setSending draws on it
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
  if (!text || isTooLong(text) || client.state === "closed") return;
  const c = shownConversation();
  const sending = client.state === "open" ? "sending" : "queued";
  const message = {from: me, text, timestamp: new Date().toISOString(), sending, awaited: true};
  log(c, message);
  client.send({type: messageTypes[c.kind], ...destination(), text}).then(
    () => setSending(message, ""),
    (error) => failed(message, error),
  );
  $("text").value = "";
  typedAt = 0;
  render();
};

// Says beside the field that the text is too long to be sent, or that it is not.
function isTooLong(text) {
  const bytes = new TextEncoder().encode(text).length;
  const tooLong = bytes > TEXT_BYTES_MAX;
  const [has, most] = [bytes, TEXT_BYTES_MAX].map((n) => n.toLocaleString("en"));
  $("too-long").textContent = tooLong ? `This is too long to send: it has ${has} bytes, and a message may have ${most}.` : "";
  $("too-long").hidden = !tooLong;
  return tooLong;
}

function failed(message, error) {
  const ended = client.state === "closed" || error.code === "closed";
  setSending(message, error.code === "session_lost" || (ended && message.sending === "sending") ? "unknown" : "refused");
  if (error.code !== "session_lost" && !ended) notice(error.message);
}

// Announces that the user types, at most every two seconds, and that the text is gone again.
let typedAt = 0;
$("text").oninput = () => {
  isTooLong($("text").value.trim());
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

$("leave").onclick = () => client.leave(shownConversation().name, {all: true}).catch((error) => notice(error.message));
$("reconnect").onclick = connect;

// A page that goes for good says so; one that may be shown again (the back-forward cache) only loses its connection.
addEventListener("pagehide", (event) => {
  if (!event.persisted) client?.close();
});
// Another link was opened in this window.
addEventListener("hashchange", arrive);

forgetConversations();
arrive();
