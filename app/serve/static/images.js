// The list of images, and how new ones come.

import {ask, address, upload} from "./api.js";
import {counted, make, one, say, trying} from "./dom.js";

const SMALLEST = 256, MOST = 11; // of app/serve/look.py
const going = new Map(); // name of a file → part that has gone

export function levels(image) {
  let level = 0;
  while (Math.max(image.width, image.height) / 2 ** level > SMALLEST && level + 1 < MOST) level++;
  return level + 1;
}

export function showImages(images, open, choose, changed) {
  const items = images.map(image => item(image, open, choose, changed));
  for (const [name, part] of going) {
    items.push(make("li", {className: "going"}, make("span", {className: "name", textContent: name}),
      make("progress", {max: 1, value: part, ariaLabel: `upload of ${name}`})));
  }
  const list = one("#images"), focused = document.activeElement?.dataset?.image;
  list.replaceChildren(...items);
  if (focused) list.querySelector(`[data-image="${focused}"]`)?.focus();
  one("#empty").hidden = images.length > 0 || going.size > 0;
}

function item(image, open, choose, changed) {
  const button = make("button", {type: "button", className: "image"});
  button.dataset.image = image.id;
  if (image.id === open) button.setAttribute("aria-current", "true");
  if (image.height) {
    const source = address(image.id, `/look/${levels(image) - 1}/0_0.jpg`);
    button.append(make("img", {src: source, alt: "", loading: "lazy", width: 44, height: 44}));
  }
  button.append(make("span", {className: "name"}, image.name, make("small", {textContent: state(image)})));
  if (image.state === "working") {
    button.append(make("progress", {max: 1, value: image.progress, ariaLabel: "prediction"}));
  }
  if (image.state === "failed") button.classList.add("bad");
  if (image.teaches) button.append(make("span", {className: "mark", textContent: "✓", title: "to learn from"}));
  button.onclick = () => choose(image.id);
  const remove = make("button", {type: "button", className: "remove", textContent: "×", title: "Remove"});
  remove.setAttribute("aria-label", `Remove ${image.name}`);
  remove.onclick = () => trying(async () => {
    if (!confirm(`Remove ${image.name} and its corrections? Files that were saved stay.`)) return;
    await ask("DELETE", address(image.id));
    changed();
  });
  return make("li", {}, button, remove);
}

function state(image) {
  if (image.state === "failed") return "failed";
  if (image.state === "queued") return "waits";
  if (image.state === "working") return image.progress ? "is predicted" : "is read";
  if (image.cells === null) return "";
  return counted(image.cells, "cell") + (image.edits ? `, ${counted(image.edits, "correction")}` : "");
}

export function takeFiles(changed) {
  let busy = Promise.resolve(); // files go one after another, in their order
  const take = files => {
    for (const file of files) {
      going.set(file.name, 0);
      busy = busy.then(() => trying(() => send(file, changed)));
    }
    changed();
  };
  const files = one("#files");
  files.onchange = () => { take([...files.files]); files.value = ""; };
  one("#add").onkeydown = event => { if (event.key === "Enter" || event.key === " ") files.click(); };
  addEventListener("dragover", event => { event.preventDefault(); document.body.classList.add("dropping"); });
  addEventListener("dragleave", event => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  addEventListener("drop", event => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    take([...event.dataTransfer.files]);
  });
}

async function send(file, changed) {
  try {
    const image = await upload(file, part => { going.set(file.name, part); changed(); });
    say(`${image.name} is here`);
    changed(image.id);
  } finally {
    going.delete(file.name);
    changed();
  }
}
