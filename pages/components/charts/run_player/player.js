// Plays a training run in the browser. Python sends the curves as SVG paths, one unit wide for each epoch and
// 1 high, and the numbers as text. All that moves here is the view's `position`: how many epochs are drawn,
// with a fraction while playing.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const views = new Map(); // run_id -> view; outlives the component, so that a page switch loses nothing
const players = new WeakMap(); // parentElement -> its newest Player
let speed = "25"; // epochs per second; the reader's choice holds for the next run too

export default function ({ data, parentElement }) { // called anew for new data, without a clean-up in between
  players.get(parentElement)?.stop();
  const player = new Player(data, parentElement);
  players.set(parentElement, player);
  return () => player.stop();
}

const percent = (share) => `${100 * share}%`;
const at = (x, y, parts) => `<svg x="${percent(x)}" y="${percent(y)}">${parts}</svg>`;
const path = ([kind, d]) => `<path class="${kind}" d="${d}"/>`;

class Chart {
  constructor(chart, data, svg) {
    Object.assign(this, chart, { data, svg, readouts: svg.previousElementSibling.querySelectorAll("b") });
    svg.innerHTML = this.axes() + this.curves() + this.marker();
    this.revealed = svg.querySelector(".revealed");
    this.marked = svg.querySelector(".diverged");
    this.dots = svg.querySelectorAll("circle");
  }

  axes() {
    const { rows, baseline, data: { columns } } = this;
    const line = ([y, words]) => at(0, y, `<line class="baseline" x2="100%"/><text x="100%">${words}</text>`);
    return [
      ...rows.map(([y, tick]) => at(0, y, `<line x2="100%"/><text class="left">${tick}</text>`)),
      ...columns.map(([x, tick]) => at(x, 0, `<line y2="100%"/><text class="below" y="100%">${tick}</text>`)),
      baseline ? line(baseline) : "",
    ].join("");
  }

  curves() {
    const frame = (kind, paths) => `<svg class="${kind}" viewBox="0 0 ${this.data.epochs} 1"
      preserveAspectRatio="none">${paths.map(path).join("")}</svg>`;
    const dots = this.series.map(({ kind }) => `<circle class="${kind}"/>`);
    return frame("behind", this.behind) + frame("revealed", this.lines) + dots.join("");
  }

  marker() { // at the last point of a run that diverged
    if (!this.mark) return "";
    const [x, y] = this.mark, words = `diverged at epoch ${this.data.diverged}`;
    return at(x, y, `<g class="diverged"><path d="M-7-7L7 7M-7 7L7-7"/>
      <text class="${x > 0.5 ? "left" : "right"}">${words}</text></g>`);
  }

  draw(position) { // all that moves
    const { series, steps, dots, data: { epochs, diverged } } = this, shown = percent(position / epochs);
    this.revealed.setAttribute("width", shown);
    this.revealed.setAttribute("viewBox", `0 0 ${position} 1`);
    this.marked?.toggleAttribute("hidden", position < diverged);
    series.forEach(({ heights }, i) => {
      const [before, after] = [Math.floor, Math.ceil].map((round) => heights[round(position) - 1] ?? NaN);
      const y = steps ? after : before + (position % 1) * (after - before);
      dots[i].toggleAttribute("hidden", !(y >= 0)); // missing, or above the chart
      dots[i].setAttribute("cx", shown);
      dots[i].setAttribute("cy", percent(y || 0));
    });
  }

  say(epoch) { // in numbers and, for those who cannot see it, in words
    const { name, series, readouts, data: { label, epochs, diverged } } = this;
    series.forEach(({ texts }, i) => { readouts[i].textContent = texts[epoch - 1] ?? "–"; });
    const now = series.map(({ kind }, i) => `${kind} ${readouts[i].textContent}`).join(", ");
    const end = diverged && epoch >= diverged ? ` Diverged at epoch ${diverged}.` : "";
    this.svg.ariaLabel = `${label}: ${name} at epoch ${epoch} of ${epochs}: ${now}.${end}`;
  }
}

class Player {
  constructor(data, parent) {
    const view = views.get(data.run_id) ?? { position: 0, arrived: 0, playing: !reducedMotion.matches };
    if (reducedMotion.matches && view.position === view.arrived) view.position = data.arrived;
    views.set(data.run_id, Object.assign(view, { arrived: data.arrived }));
    const find = (selector) => parent.querySelector(selector), root = find(".player");
    const svgs = parent.querySelectorAll(".chart"), epoch = find(".epoch"), scrub = find(".scrub");
    const charts = data.charts.map((chart, i) => new Chart(chart, data, svgs[i]));
    Object.assign(this, { data, view, charts, epoch, scrub, play: find(".play") });
    for (const [name, colour] of Object.entries(data.colours)) root.style.setProperty(`--${name}`, colour);
    for (const [name, text] of Object.entries(data.notes)) {
      Object.assign(find(`span.${name}`), { textContent: text, hidden: !text });
    }
    root.ariaLabel = data.label;
    scrub.max = data.epochs;
    this.listen(find(".back"), find(".forward"), find(".speed"));
    this.show();
  }

  listen(back, forward, choice) {
    const { view, play, scrub } = this;
    back.onclick = () => this.go(Math.ceil(view.position) - 1);
    play.onclick = () => this.go(this.ended ? 0 : Math.floor(view.position), !view.playing);
    forward.onclick = () => this.go(Math.floor(view.position) + 1);
    scrub.oninput = () => this.go(Number(scrub.value));
    choice.value = speed;
    choice.onchange = () => { speed = choice.value; };
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }

  go(epoch, playing = false) {
    Object.assign(this.view, { position: Math.min(this.data.arrived, Math.max(0, epoch)), playing });
    this.show();
  }

  show(last = performance.now()) { // and play on; at the edge of what has arrived it waits for more
    const { view, data: { arrived, finished } } = this;
    this.ended = finished && view.position === arrived;
    view.playing &&= !this.ended;
    this.draw();
    this.stop();
    if (!view.playing || view.position === arrived) return;
    this.frame = requestAnimationFrame((now) => {
      const seconds = Math.min(0.25, Math.max(0, now - last) / 1000); // a hidden tab skips no epochs
      view.position = Math.min(arrived, view.position + Number(speed) * seconds);
      this.show(now);
    });
  }

  draw() {
    const { view: { position, playing }, play, epoch, scrub } = this, now = Math.floor(position);
    for (const chart of this.charts) chart.draw(position);
    play.ariaLabel = playing ? "Pause" : this.ended ? "Play again" : "Play";
    scrub.value = now;
    if (now === this.said) return;
    this.said = now;
    for (const chart of this.charts) chart.say(now);
    epoch.textContent = scrub.ariaValueText = `epoch ${now} of ${this.data.epochs}`;
  }
}
