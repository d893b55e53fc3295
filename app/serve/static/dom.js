// The few things that all parts of the page do with its elements.

export const one = selector => document.querySelector(selector);

// texts are set as text, never as HTML: names of files are a stranger's words
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

let timer;
export function say(text, kind = "") {
  const status = one("#status");
  status.textContent = text;
  status.className = kind;
  clearTimeout(timer);
  if (text) timer = setTimeout(() => { status.textContent = ""; }, kind === "bad" ? 12000 : 5000);
}

// runs work; what goes wrong in it is told and not thrown
export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    say(error.message, "bad");
  }
}
