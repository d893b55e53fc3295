// Joins the parts: asks the server how things stand, and shows it.

import {ask} from "./api.js";
import {one, trying} from "./dom.js";
import {showImages, takeFiles} from "./images.js";
import {Learn} from "./learn.js";
import {Panel} from "./panel.js";
import {Tools} from "./tools.js";
import {Viewer} from "./viewer.js";

const BUSY = 700, IDLE = 3000; // ms between two looks at the server

const viewer = new Viewer();
const panel = new Panel(took);
const tools = new Tools(viewer, took, () => look());
const learn = new Learn(() => look());
let open = location.hash.slice(1), before = false, state = null, timer, asked = 0;

// what the server tells of the open image after something was done to it
function took(image) {
  if (image.id !== open) return;
  state.open = image;
  state.images = state.images.map(one => one.id === image.id ? {...one, ...image} : one);
  asked++; // an answer that is still on its way is older
  show();
  if (image.tracking) soon(150);
}

function choose(id) {
  if (id === open) return;
  open = id;
  before = false;
  history.replaceState(null, "", `#${id}`);
  tools.take("look");
  look();
}

function show() {
  showImages(state.images, open, choose, changed);
  if (!state.open?.before) before = false;
  one("#before").setAttribute("aria-pressed", before);
  panel.show(state.open);
  viewer.show(state.open, before);
  learn.show(state);
}

async function look() {
  clearTimeout(timer);
  const mine = ++asked;
  let busy = false;
  try {
    const told = await ask("GET", `/api/state?image=${encodeURIComponent(open)}`);
    if (mine !== asked) return;
    state = told;
    document.body.classList.remove("lost");
    if (!state.open) {
      open = ""; // what the address named is gone
      if (state.images.length) return choose(state.images[0].id);
    }
    show();
    busy = state.queue.length > 0 || state.open?.tracking;
  } catch (error) {
    document.body.classList.add("lost");
    one("#title").textContent = error.message;
  } finally {
    if (mine === asked) soon(busy ? BUSY : IDLE);
  }
}

function soon(wait) {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

// an upload goes on, or came: the first one is opened at once (`state` may be older than `open`)
function changed(id) {
  if (id && !open) return choose(id);
  if (id) return look();
  if (state) showImages(state.images, open, choose, changed);
  soon(200);
}

one("#contours").onclick = event => {
  const pressed = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", pressed);
  viewer.setVisible(pressed);
};
one("#before").onclick = () => { before = !before; show(); };
one("#help").onclick = () => one("#keys").showModal();
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
takeFiles(changed);
trying(look);
