// What a click and a drag do to the cells, and which keys stand for what.

import {ask, address} from "./api.js";
import {one, say, trying} from "./dom.js";

const HINTS = {
  look: "Scroll to zoom, drag to move. Click a cell to know more of it.",
  delete: "Click a cell that is none.",
  merge: "Click two cells that are one.",
  split: "Click a cell that is two, or drag a line across it.",
  draw: "Drag around a cell that was missed.",
};
const KEYS = {v: "look", d: "delete", m: "merge", s: "split", n: "draw"};
const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "-", "="]; // of OpenSeadragon, while the image has the focus
const STEP = 3; // px on the screen between two points of a drawn outline

export class Tools {
  // took(image) gets what the server tells after each correction; look() asks how things stand
  constructor(viewer, took, look) {
    this.viewer = viewer;
    this.took = took;
    this.look = look;
    this.tool = "look";
    this.cell = null; // that is chosen
    this.first = null; // of the two to merge
    this.trail = null; // of the drag that goes on
    this.busy = Promise.resolve(); // corrections go one after another
    for (const button of document.querySelectorAll("[data-tool]")) button.onclick = () => this.take(button.dataset.tool);
    one("#undo").onclick = () => this.step("undo");
    one("#redo").onclick = () => this.step("redo");
    one("#next").onclick = () => this.walk(1);
    one("#previous").onclick = () => this.walk(-1);
    const osd = viewer.osd;
    osd.addHandler("canvas-click", event => { if (event.quick) this.click(viewer.imagePoint(event.position)); });
    osd.addHandler("canvas-press", event => this.press(event));
    osd.addHandler("canvas-drag", event => this.drag(event));
    osd.addHandler("canvas-drag-end", event => this.release(event));
    osd.addHandler("canvas-key", event => {
      if (!MOVES.includes(event.originalEvent.key)) event.preventDefaultAction = true; // letters are ours
    });
    addEventListener("keydown", event => this.key(event));
  }

  get image() { return this.viewer.image; }

  take(tool) {
    this.tool = tool;
    this.first = this.trail = null;
    this.choose(null);
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", button.dataset.tool === tool);
    }
    one("#hint").textContent = HINTS[tool];
    one("#viewer").dataset.tool = tool;
  }

  choose(cell) {
    this.cell = cell;
    one("#selected").hidden = !cell;
    this.viewer.mark(cell ? [{rings: cell.rings, kind: "chosen"}] : []);
    if (!cell) return;
    one("#cell").textContent = cell.id;
    one("#area").textContent = `${cell.area.toLocaleString("en")} px`;
    one("#score").textContent = cell.score.toFixed(2);
  }

  click(point) {
    if (!this.image?.has_cells) return;
    if (this.tool === "look") return trying(() => this.find(`x=${point[0]}&y=${point[1]}`).catch(() => this.choose(null)));
    if (this.tool === "delete") return this.edit("delete", [point], "deleted");
    if (this.tool === "split") return this.edit("split", [point], "split");
    if (this.tool === "merge") return this.join(point);
  }

  async find(query) {
    const cell = await ask("GET", address(this.image.id, `/cell?${query}`));
    this.choose(cell);
    return cell;
  }

  join(point) {
    if (this.first) {
      const points = [this.first, point];
      this.first = null;
      return this.edit("merge", points, "merged");
    }
    return trying(async () => {
      await this.find(`x=${point[0]}&y=${point[1]}`);
      this.first = point;
      one("#hint").textContent = "Now click the other one.";
    });
  }

  press(event) {
    const drags = this.tool === "draw" || this.tool === "split";
    this.trail = drags && this.image?.has_cells ? [this.viewer.imagePoint(event.position)] : null;
    this.last = event.position;
  }

  drag(event) {
    if (!this.trail) return;
    event.preventDefaultAction = true; // the image stays
    if (this.last.distanceTo(event.position) < STEP) return;
    this.last = event.position;
    this.trail.push(this.viewer.imagePoint(event.position));
    const shown = this.tool === "split" ? [this.trail[0], this.trail.at(-1)] : this.trail;
    this.viewer.mark([{rings: [shown], kind: this.tool === "split" ? "trail" : "outline"}]);
  }

  release(event) {
    const trail = this.trail;
    this.trail = null;
    if (!trail) return;
    event.preventDefaultAction = true;
    if (this.tool === "split" && trail.length > 1) this.edit("split", [trail[0], trail.at(-1)], "split");
    if (this.tool === "draw" && trail.length > 2) this.edit("draw", thinned(trail), "drawn");
    else if (this.tool === "draw") this.viewer.mark([]);
  }

  edit(op, points, done) {
    const id = this.image.id;
    this.busy = this.busy.then(() => trying(async () => {
      try {
        while (this.image?.id === id && this.image.tracking) await pause(); // for the cells that will be there
        if (this.image?.id !== id) return;
        const image = await ask("POST", address(id, "/edits"), {op, points, version: this.image.version});
        say(`Cell ${done}. ${image.cells.toLocaleString("en")} now.`);
        this.took(image);
      } catch (error) {
        this.look(); // what is shown was no longer so
        throw error;
      } finally {
        this.choose(null);
        one("#hint").textContent = HINTS[this.tool];
      }
    }));
    return this.busy;
  }

  step(way) {
    if (!this.image?.[way]) return;
    const id = this.image.id;
    this.busy = this.busy.then(() => trying(async () => {
      this.took(await ask("POST", address(id, `/${way}`)));
      this.choose(null);
      say(way === "undo" ? "Undone." : "Done again.");
    }));
  }

  walk(step) {
    if (!this.image?.has_cells) return;
    trying(async () => {
      const cell = await this.find(`after=${this.cell?.id ?? 0}&step=${step}`);
      this.viewer.lookAt(cell);
      say(`Cell ${cell.id}, score ${cell.score.toFixed(2)}, ${cell.area} px`);
    });
  }

  key(event) {
    if (event.target.matches?.("input, select, textarea, dialog *") || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      return this.step(key === "y" || event.shiftKey ? "redo" : "undo");
    }
    const chosen = this.cell && [[this.cell.x, this.cell.y]];
    if (KEYS[key]) this.take(KEYS[key]);
    else if (key === "Escape") this.take("look");
    else if (key === "z") this.step("undo");
    else if (key === "y") this.step("redo");
    else if (key === "]") this.walk(1);
    else if (key === "[") this.walk(-1);
    else if ((key === "Delete" || key === "Backspace") && chosen) this.edit("delete", chosen, "deleted");
    else if (key === "x" && chosen) this.edit("split", chosen, "split");
    else if (key === "0") this.viewer.osd.viewport.goHome();
    else if (key === "h") one("#contours").click();
    else if (key === "b" && !one("#before").hidden) one("#before").click();
    else if (key === "?") one("#keys").showModal();
    else return;
    event.preventDefault();
  }
}

const pause = () => new Promise(done => setTimeout(done, 100));

// as many points as the server takes
const thinned = trail => trail.filter((_, index) => index % Math.ceil(trail.length / 4000) === 0);
