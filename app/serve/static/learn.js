// Learning from corrections, and what came of it.

import {ask, address} from "./api.js";
import {counted, make, one, say, trying} from "./dom.js";

export class Learn {
  constructor(changed) {
    this.state = null;
    this.told = ""; // the job that was last told as over
    one("#learn").onclick = () => trying(async () => {
      await ask("POST", "/api/tune", {minutes: Number(one("#minutes").value), weights: one("#weights").value});
      say("It learns. You may go on correcting.");
      changed();
    });
    one("#stop").onclick = () => trying(async () => { await ask("DELETE", "/api/tune"); changed(); });
    one("#again").onclick = () => this.run([this.state.open].filter(Boolean), changed);
    one("#again-all").onclick = () => this.run(this.state.images, changed);
  }

  run(images, changed) {
    trying(async () => {
      const weights = one("#weights").value;
      const free = images.filter(image => image.state === "ready" || image.state === "failed");
      for (const image of free) await ask("POST", address(image.id, "/predict"), {weights});
      say(`${counted(free.length, "image")} will be predicted again; corrections stay.`);
      changed();
    });
  }

  show(state) {
    this.state = state;
    const {missing, jobs} = state.learning, [job] = jobs;
    const going = job && (job.state === "queued" || job.state === "working");
    const teachers = state.images.filter(image => image.teaches).length;
    one("#teachers").textContent = missing || (teachers
      ? `${counted(teachers, "image")} to learn from${teachers < 4 ? "; with four or more, some are held back to test on" : ""}.`
      : "Correct an image, or say that it is right.");
    one("#learn").disabled = Boolean(missing || going || !teachers);
    one("#learning").hidden = !going;
    if (going) {
      const bar = one("#learning progress");
      if (job.state === "working" && job.progress) bar.value = job.progress;
      else bar.removeAttribute("value");
      one("#step").textContent = job.state === "queued" ? "waits for the network"
        : job.done ? `step ${job.done}, F1 ${job.f1.toFixed(3)}` : "begins…";
    }
    this.verdict(going ? null : job);
    this.choices(state);
    if (job?.state === "done" && this.told !== job.name) {
      if (this.told) one("#weights").value = job.name; // it ended before our eyes
      this.told = job.name;
    }
    this.told ||= "none";
  }

  choices(state) {
    const select = one("#weights");
    if (select.options.length === state.weights.length) return;
    const chosen = select.value;
    select.replaceChildren(...state.weights.map(name =>
      make("option", {value: name, textContent: name || state.default_weights})));
    select.value = chosen;
  }

  verdict(job) {
    const place = one("#verdict"), key = JSON.stringify(job ?? null);
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    if (!job) return place.replaceChildren();
    if (job.state === "failed") return place.replaceChildren(make("p", {className: "bad", textContent: job.error}));
    const where = job.claim ? "on images held back" : "on the images it learnt from";
    place.replaceChildren(
      make("p", {textContent: `${job.name}: F1 ${where}, ${counted(job.done, "step")}`}),
      bar("before", job.before), bar("after", job.after));
  }
}

function bar(words, value) {
  const inner = make("i");
  inner.style.width = `${Math.round(100 * value)}%`;
  return make("p", {className: `verdict ${words}`}, make("span", {textContent: words}),
    make("span", {className: "bar"}, inner), make("b", {textContent: value.toFixed(3)}));
}
