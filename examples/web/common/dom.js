/**
 * The element of the document with this id.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the document has no ${kind.name} with the id ${id}`);
  return found;
}

/**
 * A new element. Texts stay texts: nothing is ever read as markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<Record<"class" | "title" | "scope" | "href", string>>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * A button that is disabled while its work goes on.
 * @param {string} text
 * @param {() => Promise<void>} work that reports its own errors
 */
export function button(text, work) {
  const made = element("button", {}, text);
  made.type = "button";
  made.addEventListener("click", () => void busy(made, work));
  return made;
}

/**
 * @param {HTMLButtonElement} pressed
 * @param {() => Promise<void>} work
 */
export async function busy(pressed, work) {
  if (pressed.getAttribute("aria-busy") === "true") return;
  // Not `disabled`: the focus would be lost.
  pressed.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}

/**
 * The beginning and the end of a key or hash, with all of it as its title.
 * @param {string} text
 */
export function short(text) {
  const shown = text.length > 24 ? `${text.slice(0, 16)}…${text.slice(-6)}` : text;
  return element("code", { title: text }, shown);
}
