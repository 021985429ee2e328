// Plays a training run in the browser. All that moves is one number, the view's `position`: how many epochs
// are drawn, with a fraction while playing. Python sends what has arrived and is never asked for anything.
const CHARTS = {
  loss: { loss: "training", val_loss: "validation" },
  accuracy: { accuracy: "training", val_accuracy: "validation" },
  "learning rate": { learning_rate: "rate" },
};
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const views = new Map(); // run_id -> view; outlives the component, so that a page switch loses nothing
const players = new WeakMap(); // parentElement -> Player
let speed = 25; // epochs per second; the reader's choice holds for the next run too

export default function ({ data, parentElement }) {
  if (!players.has(parentElement)) players.set(parentElement, new Player(parentElement));
  const player = players.get(parentElement);
  const call = player.update(data);
  return () => { // an outdated call may be cleaned up after a newer one has been made
    if (call === player.calls) { player.destroy(); players.delete(parentElement); }
  };
}

function written(metric, value) {
  if (!Number.isFinite(value)) return "–";
  if (metric === "learning_rate") return String(Number(value.toPrecision(4)));
  return value < 1000 ? value.toFixed(metric.endsWith("accuracy") ? 3 : 4) : value.toExponential(2);
}

const divergedAt = ({ loss, val_loss }) => 1 + loss.findIndex((value, i) => value === null || val_loss[i] === null);

function valueAt(list, epoch) {
  const before = list[Math.floor(epoch) - 1] ?? null, after = list[Math.ceil(epoch) - 1] ?? before;
  return before === null ? null : before + (epoch % 1) * (after - before);
}

function ticks(low, high, count) {
  const power = 10 ** Math.floor(Math.log10((high - low) / count));
  const step = power * [1, 2, 5, 10].find((multiple) => multiple * power * count >= high - low);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

function axisOf(name, values, { baseline, log_rate }, count) { // values: finite, ascending
  const highest = values.at(-1) || 1;
  if (name === "learning rate" && log_rate) { // whole decades; a rate of 0 has no place here and leaves a gap
    const low = Math.floor(Math.log10(values.find((value) => value > 0) ?? 0.1));
    const high = Math.max(low + 1, Math.ceil(Math.log10(highest)));
    const decades = ticks(low, high, Math.min(count, high - low));
    return { low, high, marks: decades.map((power) => Number(`1e${power}`)), scale: Math.log10 };
  }
  let low = 0, high = 1.05 * highest;
  if (name === "accuracy") [low, high] = [Math.floor(10 * Math.min(values[0] ?? 1, baseline ?? 1, 0.9)) / 10, 1];
  if (name === "loss") { // a few huge values, often the first epochs, may leave the chart for the rest to be read
    high = Math.min(high, Math.max(1, 2 * (values[Math.floor(0.9 * values.length)] ?? 1)));
  }
  return { low, high, marks: ticks(low, high, count), scale: (value) => value };
}

const line = (x, y) => (list) => list.map((value, i) => [x(i + 1), y(value)]);
const stairs = (x, y) => (list) => list.flatMap((value, i) => [[x(i + 0.5), y(value)], [x(i + 1.5), y(value)]]);
const between = (x, y) => ({ low, high }) => // drawn as one area, so without its gaps
  [...line(x, y)(low), ...line(x, y)(high).reverse()].filter((point) => Number.isFinite(point[1]));

function pathOf(points) { // interrupted where a value is missing
  let pen = "M";
  return points.map(([x, y]) => {
    const part = Number.isFinite(y) ? `${pen}${x.toFixed(1)} ${y.toFixed(1)}` : "";
    pen = part ? "L" : "M";
    return part;
  }).join("");
}

const text = (kind, x, y, words) => `<text class="${kind}" x="${x}" y="${y}">${words}</text>`;

class Chart {
  constructor(svg) {
    this.svg = svg;
    this.name = svg.dataset.chart;
    this.series = Object.entries(CHARTS[this.name]);
    this.steps = this.name === "learning rate"; // one rate holds for all of an epoch
    this.readouts = svg.previousElementSibling.querySelectorAll("b");
  }

  layout(data, { em, left, width, x }) { // all that does not move
    Object.assign(this, { data, em, width, x });
    const height = this.svg.clientHeight;
    this.top = 0.6 * em;
    this.bottom = height - (this.steps ? 1.9 : 0.6) * em;
    const lists = this.series.flatMap(([metric]) => [data.history[metric], data.overlay?.[metric],
      data.band?.[metric]?.low, data.band?.[metric]?.high]);
    const values = lists.flatMap((list) => list ?? []).filter(Number.isFinite).sort((a, b) => a - b);
    const { low, high, marks, scale } = axisOf(this.name, values, data, Math.max(2, Math.floor(height / (3 * em))));
    const unit = (this.bottom - this.top) / (high - low);
    this.y = (value) => // a loss far above the chart stays where it can be drawn
      value === null ? NaN : Math.max(-height, this.bottom - unit * (scale(value) - low));
    const shape = (this.steps ? stairs : line)(x, this.y);
    this.svg.innerHTML = `
      <g transform="translate(${left} 0)">${this.grid(marks)}</g>
      <svg x="${left}" width="${width}" height="${height}">${this.paths("band", "band", between(x, this.y))}
        ${this.paths("band", "median", ({ median }) => line(x, this.y)(median))}</svg>
      <svg x="${left}" width="0" height="${height}" class="revealed">${this.paths("history", "line", shape)}
        ${this.paths("overlay", "overlay", shape)}</svg>
      <g transform="translate(${left} 0)"><path class="cursor" d="M0 ${this.top}V${this.bottom}"/>
        ${this.series.map(([, colour]) => `<circle class="dot ${colour}" r="${0.34 * em}"/>`).join("")}
        ${this.marker()}</g>`;
    [this.revealed, this.cursor] = [".revealed", ".cursor"].map((part) => this.svg.querySelector(part));
    this.dots = [...this.svg.querySelectorAll(".dot")];
  }

  paths(source, kind, shape) {
    const lists = this.data[source] ?? {};
    return this.series.filter(([metric]) => lists[metric]).map(([metric, colour]) =>
      `<path class="${kind} ${colour}" d="${pathOf(shape(lists[metric]))}"/>`).join("");
  }

  grid(marks) {
    const { data: { epochs, baseline }, x, y, top, bottom, width, em } = this;
    const across = marks.map((mark) => `<path class="grid" d="M0 ${y(mark)}H${width}"/>`
      + text("y", -0.5 * em, y(mark) + 0.33 * em, mark > 0 && mark < 1e-3 ? mark.toExponential() : mark));
    const columns = [...new Set([1, ...ticks(1, epochs, width / (4 * em))])].filter(Number.isInteger);
    const down = columns.map((epoch) => `<path class="grid" d="M${x(epoch)} ${top}V${bottom}"/>`
      + (this.steps ? text("x", x(epoch), bottom + 1.3 * em, epoch) : ""));
    const title = this.steps ? text("y", -0.9 * em, bottom + 1.3 * em, "epoch") : "";
    if (this.name !== "accuracy" || baseline === null) return [...across, ...down, title].join("");
    return [...across, ...down, `<path class="baseline" d="M0 ${y(baseline)}H${width}"/>`,
      text("before", width - 4, y(baseline) + 1.1 * em, `majority baseline ${written("accuracy", baseline)}`)].join("");
  }

  marker() { // at the last point of a run that diverged
    const { data: { history }, x, y, em, bottom, width } = this, diverged = divergedAt(history);
    if (this.name !== "loss" || !diverged) return "";
    const right = x(Math.max(1, diverged - 1)), down = y(history.loss[diverged - 2] ?? 0);
    const [side, gap] = right > width / 2 ? ["before", -em] : ["after", em];
    const label = text(side, gap, 0.33 * em, `diverged at epoch ${diverged}`);
    return `<g class="diverged" transform="translate(${right} ${Math.min(bottom - em, Math.max(2 * em, down))})">
      <path class="cross" d="M-7-7L7 7M-7 7L7-7"/>${label}</g>`;
  }

  draw(position, pointed) { // all that moves
    const shown = pointed ?? position, { svg, x, y, data: { history } } = this;
    this.revealed.setAttribute("width", Math.max(0, x(position)));
    this.cursor.toggleAttribute("hidden", !pointed);
    this.cursor.setAttribute("transform", `translate(${x(shown)} 0)`);
    svg.querySelector(".diverged")?.toggleAttribute("hidden", position < divergedAt(history));
    this.series.forEach(([metric], i) => {
      const at = y(shown < 1 ? null : valueAt(history[metric], this.steps ? Math.round(shown) : shown));
      this.dots[i].toggleAttribute("hidden", !(at >= 0)); // missing, or above the chart
      if (at >= 0) this.dots[i].setAttribute("transform", `translate(${x(shown)} ${at})`);
    });
  }

  say(epoch) { // in numbers and, for those who cannot see it, in words
    const { data: { history, epochs, label } } = this, diverged = divergedAt(history);
    const values = this.series.map(([metric]) => written(metric, history[metric][epoch - 1]));
    values.forEach((value, i) => { this.readouts[i].textContent = value; });
    const now = this.series.map(([, name], i) => `${name} ${values[i]}`).join(", ");
    const end = diverged && epoch >= diverged ? ` Diverged at epoch ${diverged}.` : "";
    this.svg.ariaLabel = `${label}: ${this.name} at epoch ${epoch} of ${epochs}: ${now}.${end}`;
  }
}

class Player {
  constructor(parent) {
    const find = (selector) => parent.querySelector(selector);
    const all = (selector) => [...parent.querySelectorAll(selector)];
    const [root, play, epoch, scrub] = [".player", ".play", ".epoch", ".scrub"].map(find);
    Object.assign(this, { root, play, epoch, scrub, notes: all("[data-note]") });
    this.charts = all(".chart").map((svg) => new Chart(svg));
    this.calls = this.frame = 0;
    this.pointed = null; // the epoch under the pointer
    this.listeners = new AbortController();
    const on = (target, type, handle) => target.addEventListener(type, handle, { signal: this.listeners.signal });
    for (const button of all("button")) on(button, "click", () => this.go(button.dataset.go));
    on(scrub, "input", () => this.go("epoch", Number(scrub.value)));
    find(".speed").value = String(speed);
    on(find(".speed"), "change", (event) => { speed = Number(event.target.value); });
    on(root, "keydown", (event) => {
      if (event.key !== " " || event.target.closest("button, select")) return; // they have their own use for it
      event.preventDefault();
      this.go("play");
    });
    for (const { svg } of this.charts) {
      on(svg, "pointermove", (event) => this.hover(event.clientX - svg.getBoundingClientRect().left - this.left));
      for (const type of ["pointerleave", "pointercancel"]) on(svg, type, () => this.hover(null));
    }
    this.resizes = new ResizeObserver(() => this.layout());
    this.resizes.observe(root);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.listeners.abort();
    this.resizes.disconnect();
  }

  update(data) {
    const arrived = data.history.loss.length;
    const view = views.get(data.run_id) ?? { position: 0, arrived: 0, playing: !reducedMotion.matches };
    if (reducedMotion.matches && view.position === view.arrived) view.position = arrived;
    views.set(data.run_id, Object.assign(view, { arrived, position: Math.min(view.position, arrived) }));
    const pointed = data.run_id === this.data?.run_id ? this.pointed : null;
    Object.assign(this, { data, view, pointed });
    for (const [name, colour] of Object.entries(data.colours)) this.root.style.setProperty(`--${name}`, colour);
    for (const note of this.notes) {
      note.hidden = !data[note.dataset.note];
      note.lastElementChild.textContent = data[`${note.dataset.note}_label`];
    }
    this.root.ariaLabel = data.label;
    this.scrub.max = data.epochs;
    this.layout();
    this.run();
    return ++this.calls;
  }

  go(where, epoch) {
    const { view, data } = this, ended = data.finished && view.position === view.arrived;
    if (where === "play" && ended && !view.playing) view.position = 0;
    view.playing = where === "play" && !view.playing;
    const { position, arrived } = view;
    const target = { start: 0, back: Math.ceil(position) - 1, forward: Math.floor(position) + 1, end: arrived, epoch };
    view.position = Math.min(arrived, Math.max(0, target[where] ?? Math.floor(position)));
    this.draw();
    this.run();
  }

  run() { // the clock stands still at the edge of what has arrived; update() starts it again
    let last = performance.now();
    const tick = (now) => {
      const { view, data } = this;
      const seconds = Math.min(0.25, Math.max(0, now - last) / 1000); // a hidden tab does not skip epochs
      last = now;
      view.position = Math.min(view.arrived, view.position + speed * seconds);
      const waits = view.position === view.arrived;
      if (waits && data.finished) view.playing = false;
      if (view.playing && !waits) this.frame = requestAnimationFrame(tick);
      this.draw();
    };
    cancelAnimationFrame(this.frame);
    if (this.view.playing) this.frame = requestAnimationFrame(tick);
  }

  hover(x) {
    const epoch = x === null ? 0 : Math.round(1 + (x * Math.max(1, this.data.epochs - 1)) / this.width);
    this.pointed = x === null ? null : Math.max(0, Math.min(Math.max(1, epoch), Math.floor(this.view.position)));
    this.draw();
  }

  layout() { // anew on new data and on a new size
    const { charts, data, root } = this;
    const em = parseFloat(getComputedStyle(root).fontSize) || 16; // none while taken out of the document
    this.left = 4 * em;
    this.width = Math.max(1, charts[0].svg.clientWidth - this.left - em);
    const x = (epoch) => (this.width * (epoch - 1)) / Math.max(1, data.epochs - 1);
    for (const chart of charts) chart.layout(data, { em, left: this.left, width: this.width, x });
    this.said = null;
    this.draw();
  }

  draw() {
    const { position, playing } = this.view, epoch = Math.floor(this.pointed ?? position);
    for (const chart of this.charts) chart.draw(position, this.pointed);
    const news = `${epoch} ${Math.floor(position)} ${playing}`;
    if (news !== this.said) this.say(epoch, Math.floor(position));
    this.said = news;
  }

  say(epoch, position) {
    const { data, view, root, scrub } = this, ended = data.finished && view.position === view.arrived;
    for (const chart of this.charts) chart.say(epoch);
    this.epoch.textContent = `epoch ${epoch} of ${data.epochs}`;
    scrub.value = position;
    scrub.setAttribute("aria-valuetext", `epoch ${position} of ${data.epochs}`);
    root.style.setProperty("--shown", `${(100 * position) / data.epochs}%`);
    root.style.setProperty("--arrived", `${(100 * view.arrived) / data.epochs}%`);
    root.classList.toggle("playing", view.playing);
    this.play.ariaLabel = view.playing ? "Pause" : ended ? "Play again" : "Play";
  }
}
