// Shows a descent at the rate that its slider stands at. Python has computed the path for every stop of that slider;
// here they are only looked up and drawn. `position` is how many updates are drawn, with a fraction while playing.
const SECONDS = 6; // that a whole descent takes to play
const PAUSE = 250; // milliseconds without a change, after which a rate counts as chosen
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const players = new WeakMap(); // parentElement -> Player

export default function ({ data, parentElement, setTriggerValue }) {
  if (!players.has(parentElement)) players.set(parentElement, new Player(parentElement));
  const player = players.get(parentElement);
  const call = player.update(data, setTriggerValue);
  return () => { // an outdated call may be cleaned up after a newer one has been made
    if (call === player.calls) { player.destroy(); players.delete(parentElement); }
  };
}

function written(value) {
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e6);
  const text = plain ? (value + 0).toLocaleString("en", { maximumSignificantDigits: 3 }) : value.toExponential(1);
  return text.replace("e+", "e").replaceAll("-", "\u2212");
}

function ticks(low, high, count) {
  const power = 10 ** Math.floor(Math.log10((high - low) / count));
  const step = power * [1, 2, 5, 10].find((multiple) => multiple * power * count >= high - low);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

const text = (kind, x, y, words) => `<text class="${kind}" x="${x}" y="${y}">${words}</text>`;

class Player {
  constructor(parent) {
    for (const part of ["descent", "chart", "words", "rate", "rates", "limit", "landmarks", "play", "updates", "now"]) {
      this[part] = parent.querySelector(`.${part}`);
    }
    this.calls = this.frame = 0;
    this.sent = []; // rates chosen here that Python has not yet answered
    this.rates.oninput = () => this.choose(Number(this.rates.value));
    this.updates.oninput = () => this.go("to", Number(this.updates.value));
    for (const button of parent.querySelectorAll("[data-go]")) button.onclick = () => this.go(button.dataset.go);
    this.resizes = new ResizeObserver(() => this.draw());
    this.resizes.observe(this.chart);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.resizes.disconnect();
  }

  update(data, setTriggerValue) {
    const { descent, rates, limit, landmarks } = this, [at, words] = data.limit, last = data.stops.length - 1;
    const shown = this.data?.stops[rates.value].rate, answered = this.sent.lastIndexOf(data.rate);
    const rate = answered < 0 ? data.rate : shown; // the reader may have moved on since
    this.sent.splice(0, answered + 1);
    if (this.data?.updates !== data.updates) this.position = data.updates;
    Object.assign(this, { data, setTriggerValue });
    descent.ariaLabel = data.label;
    descent.style.setProperty("--path", data.colour);
    descent.style.setProperty("--limit", at / last);
    limit.textContent = words;
    limit.classList.toggle("late", at > 0.6 * last);
    landmarks.replaceChildren(...data.landmarks.map(([name, value, label]) => {
      const button = Object.assign(document.createElement("button"), { textContent: `${name} ${label}`, value });
      button.onclick = () => this.choose(this.stopAt(value));
      return button;
    }));
    rates.max = last;
    this.updates.max = data.updates;
    rates.value = this.stopAt(rate);
    this.draw();
    return ++this.calls;
  }

  stopAt(rate) { // the stop nearest to it
    const gaps = this.data.stops.map((stop) => Math.abs(stop.rate - rate));
    return gaps.indexOf(Math.min(...gaps));
  }

  choose(stop) {
    this.rates.value = stop;
    if (!this.position) this.position = this.data.updates; // at the start, no rate could be seen to do anything
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { rate } = this.data.stops[this.rates.value];
      if (rate === (this.sent.at(-1) ?? this.data.rate)) return;
      this.sent.push(rate);
      this.setTriggerValue("chosen", rate);
    }, PAUSE);
  }

  go(where, update) {
    const { position, playing, data: { updates } } = this;
    cancelAnimationFrame(this.frame);
    this.playing = where === "play" && !playing;
    const target = { start: 0, back: Math.ceil(position) - 1, forward: Math.floor(position) + 1, end: updates, to: update,
      play: position === updates && !playing ? 0 : position };
    this.position = Math.min(updates, Math.max(0, target[where]));
    this.draw();
    if (this.playing) this.play_from(performance.now());
  }

  play_from(last) {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => {
      const { updates } = this.data;
      this.position = Math.min(updates, this.position + (updates * Math.min(250, Math.max(0, now - last))) / (1000 * SECONDS));
      this.playing &&= this.position < updates;
      this.draw();
      if (this.playing) this.play_from(now);
    });
  }

  draw() {
    const { data, descent, position, playing } = this, stop = data.stops[this.rates.value], t = Math.floor(position);
    const now = data.readouts.filter(([, field]) => Number.isFinite(stop[field]?.[t]))
      .map(([name, field]) => `${name} ${written(stop[field][t])}`);
    this.now.textContent = `Update ${t} of ${data.updates}: ${now.join(", ")}`;
    this.rate.textContent = stop.text;
    [this.words.firstElementChild.textContent, this.words.lastElementChild.textContent] = [stop.verdict, stop.words];
    this.rates.setAttribute("aria-valuetext", `${stop.text}: ${stop.verdict} ${stop.words}`);
    this.updates.setAttribute("aria-valuetext", this.now.textContent);
    this.updates.value = t;
    this.play.ariaLabel = playing ? "Pause" : "Play";
    descent.classList.toggle("playing", Boolean(playing));
    for (const button of this.landmarks.children) button.ariaPressed = Number(button.value) === stop.rate;
    this.chart.ariaLabel = `${data.label}, learning rate ${stop.text}: ${stop.verdict} ${stop.words} ${this.now.textContent}.`;
    this.chart.innerHTML = this.picture(stop, t, reducedMotion.matches ? 0 : position - t);
  }

  picture(stop, t, part) {
    const { data } = this, em = parseFloat(getComputedStyle(this.chart).fontSize);
    const { clientWidth, clientHeight } = this.chart, left = 3.6 * em, top = 1.6 * em;
    const width = clientWidth - left - 4, height = clientHeight - top - 1.8 * em;
    const at = (list) => list[t] + part * ((list[t + 1] ?? list[t]) - list[t]);
    const zoom = stop.zoom ? at(stop.zoom) : 1, half = data.width.map((size, i) => size * zoom ** data.growth[i]);
    const shape = data.width[0] / data.width[1], zero = height / (1 - data.bottom);
    const across = data.square ? Math.min(width / 2, zero * shape) : width / 2, up = data.square ? across / shape : zero;
    const X = (share) => width / 2 + across * share, Y = (share) => zero - up * share;
    const line = (points) => points.map((point) => point.map((value) => value.toFixed(1)).join()).join(" ");
    const path = [...stop.x.slice(0, t + 1), at(stop.x)].map((x, i) =>
      [X(x / half[0]), Y((i > t ? at(stop.y) : stop.y[i]) / half[1])]);
    const dots = path.slice(1, -1).map(([x, y]) => `<circle class="dot" cx="${x}" cy="${y}" r="${0.2 * em}"/>`);
    const ball = ([x, y], kind, size) => `<circle class="${kind}" cx="${x}" cy="${y}" r="${size * em}"/>`;
    const xs = ticks((-width / 2 / across) * half[0], (width / 2 / across) * half[0], width / (3.6 * em));
    const ys = ticks(((zero - height) / up) * half[1], (zero / up) * half[1], height / (2.6 * em));
    return `${xs.map((x) => text("middle", left + X(x / half[0]), top + height + 1.3 * em, written(x))).join("")}
      ${ys.map((y) => text("left", left - 0.4 * em, top + Y(y / half[1]) + 0.35 * em, written(y))).join("")}
      ${text("left", left - 0.4 * em, 0.9 * em, data.names[1])}${text("left", left + width, top + height - 0.4 * em, data.names[0])}
      <svg x="${left}" y="${top}" width="${width}" height="${height}">
        ${xs.map((x) => `<path class="grid" d="M${X(x / half[0])} 0v${height}"/>`).join("")}
        ${ys.map((y) => `<path class="grid" d="M0 ${Y(y / half[1])}h${width}"/>`).join("")}
        ${data.landscape.map((points) => `<polyline class="landscape ${data.square ? "contour" : ""}" points="${line(points.map(([x, y]) => [X(x), Y(y)]))}"/>`).join("")}
        <path class="minimum" d="M${X(0) - 7} ${Y(0)}h14M${X(0)} ${Y(0) - 7}v14"/>
        <polyline class="path" points="${line(path)}"/>${dots.join("")}${ball(path[0], "start", 0.35)}${ball(path.at(-1), "ball", 0.5)}
        ${zoom > 1.01 ? `<rect class="home" x="${X(-1 / zoom)}" y="${Y(zoom ** -data.growth[1])}" width="${(2 * across) / zoom}" height="${(up + up * Math.min(1, -data.bottom)) * zoom ** -data.growth[1]}"/>
          ${text("middle", width / 2, 1.1 * em, `zoomed out: ${written(zoom)} times as wide as at the start`)}` : ""}
      </svg>`;
  }
}
