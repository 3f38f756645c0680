// What the page makes its elements with.
export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text; // never innerHTML: every text here is somebody else's
  made.className = className;
  return made;
}

// Makes the list hold exactly these elements. One that stays is not touched, so that it keeps the keyboard focus and a screen
// reader reads only what is new.
export function arrange(list, elements) {
  const kept = new Set(elements);
  for (const child of [...list.children]) if (!kept.has(child)) child.remove();
  elements.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
}

// A name's own hue, by FNV-1a and two rounds that mix its bits; style.css makes a readable colour of the hue.
export function setHue(item, name) {
  let hash = 0x811c9dc5;
  for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  item.style.setProperty("--hue", String(((hash ^ (hash >>> 16)) >>> 0) % 360));
}
