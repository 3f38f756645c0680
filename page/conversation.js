// A conversation: with everyone, of a room, or with one user. What was said in it, how far that was read, and who is typing.
const MESSAGES_KEPT = 500;
export const EVERYONE = "everyone"; // a kind of conversation, and the room that everyone is in

export class Conversation {
  messages = []; // in order; an event has no `from`
  read = {}; // epoch and offset of the latest message that was shown
  unread = 0;
  typing = new Map(); // timers, by user

  static key(kind, name) {
    return kind === EVERYONE ? EVERYONE : `${kind}:${name}`;
  }

  constructor(kind, name) {
    Object.assign(this, {key: Conversation.key(kind, name), kind, name});
  }

  get title() {
    if (this.kind === EVERYONE) return "Everyone";
    return this.kind === "room" ? `# ${this.name}` : `@ ${this.name}`;
  }

  // What an empty conversation says in place of messages.
  get emptyWords() {
    if (this.kind === "private") return `Only you and ${this.name} see what is written here.`;
    const who = this.kind === "room" ? `who is in ${this.name}` : "who is online";
    return `Nobody has said anything here lately. What you write goes to everyone ${who}.`;
  }

  // Whether the message of this place is there: what is asked for again comes again.
  has({epoch, offset}) {
    return epoch !== undefined && this.messages.some((message) => message.epoch === epoch && message.offset === offset);
  }

  // Puts a message with a place in a room where it belongs, because messages that are asked for come behind newer ones.
  add(message) {
    const {epoch, offset} = message;
    const later = epoch === undefined ? -1 : this.messages.findIndex((other) => other.epoch === epoch && other.offset > offset);
    this.messages.splice(later < 0 ? this.messages.length : later, 0, message);
    if (this.messages.length > MESSAGES_KEPT) this.messages.shift();
  }

  wasRead({epoch, offset}) {
    return epoch !== undefined && this.read.epoch === epoch && offset <= this.read.offset;
  }

  markRead() {
    this.unread = 0;
    const last = this.messages.findLast(({epoch}) => epoch !== undefined);
    if (last) this.read = {epoch: last.epoch, offset: last.offset};
  }
}
