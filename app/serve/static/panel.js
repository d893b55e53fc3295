// What stands beside the image: how many cells, the sliders, saving.

import {ask, address} from "./api.js";
import {counted, one, say, trying} from "./dom.js";

const PATIENCE = 120; // ms that a slider rests before the server is asked
const DEFAULTS = {probability: 0.5, flow_error: 0.4, score: 0, smallest: 16};
const inputs = [...document.querySelectorAll("#sliders input")];
let moved = 0; // when a slider was last moved by hand

export class Panel {
  // took(image) gets what the server tells after a slider was moved
  constructor(took) {
    this.took = took;
    this.image = null;
    for (const input of inputs) {
      input.oninput = () => { moved = Date.now(); write(input); this.soon(); };
    }
    one("#defaults").onclick = () => {
      for (const input of inputs) { input.value = DEFAULTS[input.name]; write(input); }
      this.soon();
    };
    one("#save").onclick = () => trying(async () => {
      const told = await ask("POST", address(this.image.id, "/save"));
      say(`Saved in ${told.folder}: ${told.files.join(", ")}`);
    });
    one("#checked").onchange = event => trying(async () => {
      this.took(await ask("PUT", address(this.image.id, "/checked"), {checked: event.target.checked}));
    });
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => trying(async () => {
      const wanted = Object.fromEntries(inputs.map(input => [input.name, Number(input.value)]));
      this.took(await ask("PUT", address(this.image.id, "/thresholds"), wanted));
    }), PATIENCE);
  }

  show(image) {
    this.image = image;
    document.body.classList.toggle("none", !image?.has_cells);
    document.body.classList.toggle("tracking", Boolean(image?.tracking));
    one("#title").textContent = image ? `${image.name}${image.height ? `, ${image.width} × ${image.height} px` : ""}` : "";
    one("#count").textContent = image?.has_cells ? counted(image.cells, "cell") : "Cells";
    one("#corrections").textContent = corrections(image);
    one("#notes").textContent = image?.state === "failed" ? image.error : (image?.notes ?? []).join("; ");
    one("#notes").classList.toggle("bad", image?.state === "failed");
    one("#undo").disabled = !image?.undo;
    one("#redo").disabled = !image?.redo;
    one("#before").hidden = !image?.before;
    one("#checked").checked = Boolean(image?.teaches);
    for (const link of document.querySelectorAll("[data-kind]")) {
      if (image?.has_cells) link.href = address(image.id, `/files/${link.dataset.kind}`);
      else link.removeAttribute("href");
    }
    if (!image || Date.now() - moved < 1500) return; // a hand is on a slider
    for (const input of inputs) {
      input.value = image.thresholds[input.name];
      write(input);
    }
  }
}

function corrections(image) {
  if (!image?.has_cells) return "";
  if (image.tracking) return "are made again…";
  const passed = image.passed_over ? `, ${image.passed_over} without their cell` : "";
  return image.edits ? counted(image.edits, "correction") + passed : "";
}

function write(input) {
  const value = Number(input.value);
  const text = input.name === "smallest" ? `${value} px` : value.toFixed(2);
  input.parentElement.querySelector("output").textContent = text;
  input.setAttribute("aria-valuetext", text);
}
