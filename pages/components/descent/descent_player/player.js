// Shows a descent at the rate that its slider stands at. Python has computed the path for every stop of that slider;
// here they are only looked up and drawn. `position` is how many updates are drawn, with a fraction while playing.
const SECONDS = 6; // that a whole descent takes to play
const PAUSE = 250; // milliseconds without a change, after which a rate counts as chosen
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export default function ({ data, parentElement, setTriggerValue }) {
  return keep(parentElement, () => new Player(parentElement), data, setTriggerValue);
}

function fill(element, content) {
  // only what has changed is parsed and laid out anew
  if (element.content !== content) element.innerHTML = element.content = content;
}

function plot_in(place) {
  // in a root of its own, since its style sheet and the player's have names in common
  const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
  root.innerHTML = `<style>${PLOT_CSS}</style><section class="plot" role="group"></section>`;
  return new Plot(root.lastElementChild);
}

class Player {
  constructor(parent) {
    for (const part of [
      "descent",
      "chart",
      "losses",
      "words",
      "rate",
      "rates",
      "limit",
      "landmarks",
      "play",
      "updates",
      "now",
    ]) {
      this[part] = parent.querySelector(`.${part}`);
    }
    this.frame = 0;
    this.sent = []; // rates chosen here that Python has not yet answered
    this.rates.oninput = () => this.choose(Number(this.rates.value));
    this.updates.oninput = () => this.go("to", Number(this.updates.value));
    for (const button of parent.querySelectorAll("[data-go]"))
      button.onclick = () => this.go(button.dataset.go);
    this.resizes = new ResizeObserver(() => this.draw());
    this.resizes.observe(this.chart);
    this.arrived = () => this.take();
    window.addEventListener("descent-paths", this.arrived);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.resizes.disconnect();
    this.plot?.destroy();
    window.removeEventListener("descent-paths", this.arrived);
  }

  update(data, setTriggerValue) {
    Object.assign(this, { next: data, setTriggerValue });
    this.take();
  }

  take() {
    // what has been sent last, once its paths are there
    const held = window.descentPaths?.get(this.next?.player);
    if (!held || held.paths !== this.next.paths || this.data?.sent === this.next) return;
    const data = { ...this.next, sent: this.next, stops: held.stops };
    const { descent, rates, limit, landmarks } = this,
      [at, words] = data.limit,
      last = data.stops.length - 1;
    const shown = this.data?.stops[rates.value].rate,
      answered = this.sent.lastIndexOf(data.rate);
    const ahead = (this.waits || this.sent.length) && data.rate === this.data?.rate; // a choice is still on its way
    const rate = answered < 0 && !ahead ? data.rate : shown; // the reader may have moved on since
    this.sent.splice(0, answered + 1);
    if (this.data?.updates !== data.updates) this.position = data.updates;
    Object.assign(this, { data, told: null, plotted: null });
    descent.ariaLabel = data.label;
    descent.style.setProperty("--path", data.colour);
    descent.style.setProperty("--limit", at / last);
    descent.classList.toggle("noisy", Boolean(data.losses));
    descent.classList.toggle("square", data.square);
    limit.textContent = words;
    limit.classList.toggle("late", at > 0.6 * last);
    landmarks.replaceChildren(
      ...data.landmarks.map(([name, value, label]) => {
        const button = Object.assign(document.createElement("button"), {
          textContent: `${name} ${label}`,
          value,
        });
        button.onclick = () => this.choose(this.stopAt(value));
        return button;
      }),
    );
    rates.max = last;
    this.updates.max = data.updates;
    rates.value = this.stopAt(rate);
    this.draw();
  }

  stopAt(rate) {
    // the stop nearest to it
    const gaps = this.data.stops.map((stop) => Math.abs(stop.rate - rate));
    return gaps.indexOf(Math.min(...gaps));
  }

  choose(stop) {
    if (!this.data) return;
    this.rates.value = stop;
    if (!this.position) this.position = this.data.updates; // at the start, no rate could be seen to do anything
    this.draw();
    clearTimeout(this.timer);
    this.waits = true;
    this.timer = setTimeout(() => {
      this.waits = false;
      const { rate } = this.data.stops[this.rates.value];
      if (rate === (this.sent.at(-1) ?? this.data.rate)) return;
      this.sent.push(rate);
      this.setTriggerValue("chosen", rate);
    }, PAUSE);
  }

  go(where, update) {
    if (!this.data) return;
    const {
      position,
      playing,
      data: { updates },
    } = this;
    cancelAnimationFrame(this.frame);
    this.playing = where === "play" && !playing;
    const target = {
      start: 0,
      back: Math.ceil(position) - 1,
      forward: Math.floor(position) + 1,
      end: updates,
      to: update,
      play: position === updates && !playing ? 0 : position,
    };
    this.position = Math.min(updates, Math.max(0, target[where]));
    this.draw();
    if (this.playing) this.play_from(performance.now());
  }

  play_from(last) {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => {
      const { updates } = this.data;
      this.position = Math.min(
        updates,
        this.position + (updates * Math.min(250, Math.max(0, now - last))) / (1000 * SECONDS),
      );
      this.playing &&= this.position < updates;
      this.draw();
      if (this.playing) this.play_from(now);
    });
  }

  draw() {
    if (!this.data) return;
    const { data, position } = this,
      stop = data.stops[this.rates.value],
      t = Math.floor(position);
    const part = reducedMotion.matches ? 0 : position - t;
    this.tell(stop, t);
    this.show(this.chart, landscape_picture(data, stop, t, part, this.size(this.chart)));
    if (data.losses) this.show_losses(stop, t, position);
  }

  show_losses(stop, t, position) {
    const { data } = this,
      plot = (this.plot ??= plot_in(this.losses));
    if (this.plotted !== stop) {
      plot.position = position;
      plot.update({ ...losses_at(data.losses, stop), now: t });
    }
    this.plotted = stop;
    plot.reveal(position, t);
  }

  size(svg) {
    return {
      width: svg.clientWidth,
      height: svg.clientHeight,
      em: parseFloat(getComputedStyle(svg).fontSize),
    };
  }

  show(svg, [ground, moving]) {
    fill(svg.firstElementChild, ground);
    fill(svg.lastElementChild, moving);
  }

  tell(stop, t) {
    // in words, which change with the rate and with each whole update
    const { data, playing } = this;
    this.play.ariaLabel = playing ? "Pause" : "Play";
    if (this.told?.stop === stop && this.told.t === t) return;
    this.told = { stop, t };
    const now = data.readouts
      .filter(([, field]) => Number.isFinite(stop[field]?.[t]))
      .map(([name, field]) => `${name} ${written(stop[field][t])}`);
    this.now.textContent = `Update ${t} of ${data.updates}: ${now.join(", ")}`;
    this.rate.textContent = stop.text;
    [this.words.firstElementChild.textContent, this.words.lastElementChild.textContent] = [
      stop.verdict,
      stop.words,
    ];
    this.rates.setAttribute("aria-valuetext", `${stop.text}: ${stop.verdict} ${stop.words}`);
    this.updates.setAttribute("aria-valuetext", this.now.textContent);
    this.updates.value = t;
    for (const button of this.landmarks.children) button.ariaPressed = Number(button.value) === stop.rate;
    this.chart.ariaLabel = `${data.label}, learning rate ${stop.text}: ${stop.verdict} ${stop.words} ${this.now.textContent}.`;
  }
}
