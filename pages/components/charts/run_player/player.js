// Plays a training run in the browser, on the plot of `plot.js`: all that moves here is the view's `position`, how
// many epochs are drawn, with a fraction while playing.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const views = new Map(); // run_id -> view; outlives the component, so that a page switch loses nothing
let speed = "25"; // epochs per second; the reader's choice holds for the next run too

export default function ({ data, parentElement }) {
  return keep(parentElement, () => new Player(parentElement), data);
}

class Player {
  constructor(parent) {
    const find = (selector) => parent.querySelector(selector);
    Object.assign(this, { epoch: find(".epoch"), scrub: find(".scrub"), play: find(".play") });
    this.plot = new Plot(find(".player"));
    this.listen(find(".back"), find(".forward"), find(".speed"));
  }

  destroy() {
    this.stop();
    this.plot.destroy();
  }

  update(data) {
    const view = views.get(data.run_id) ?? { position: 0, arrived: 0, playing: !reducedMotion.matches };
    if (reducedMotion.matches && view.position === view.arrived) view.position = data.arrived;
    views.set(data.run_id, Object.assign(view, { arrived: data.arrived }));
    Object.assign(this, { data, view, said: null });
    this.scrub.max = data.epochs;
    this.plot.position = view.position;
    this.plot.update({ ...data, now: Math.floor(view.position) });
    this.show();
  }

  listen(back, forward, choice) {
    const { play, scrub } = this;
    back.onclick = () => this.go(Math.ceil(this.view.position) - 1);
    play.onclick = () => this.go(this.ended ? 0 : Math.floor(this.view.position), !this.view.playing);
    forward.onclick = () => this.go(Math.floor(this.view.position) + 1);
    scrub.oninput = () => this.go(Number(scrub.value));
    choice.value = speed;
    choice.onchange = () => {
      speed = choice.value;
    };
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }

  go(epoch, playing = false) {
    Object.assign(this.view, { position: Math.min(this.data.arrived, Math.max(0, epoch)), playing });
    this.show();
  }

  show(last = performance.now()) {
    // and play on; at the edge of what has arrived it waits for more
    const {
      view,
      data: { arrived, finished },
    } = this;
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
    const {
        view: { position, playing },
        play,
        epoch,
        scrub,
      } = this,
      now = Math.floor(position);
    this.plot.reveal(position, now);
    play.ariaLabel = playing ? "Pause" : this.ended ? "Play again" : "Play";
    scrub.value = now;
    if (now === this.said) return;
    this.said = now;
    this.plot.panels.forEach(({ svg }, i) => {
      svg.ariaLabel = this.words(this.data.panels[i], now, this.data.behind?.words[i]);
    });
    epoch.textContent = scrub.ariaValueText = `epoch ${now} of ${this.data.epochs}`;
  }

  words({ title, curves }, epoch, behind) {
    // for those who cannot see it
    const { label, epochs, lost } = this.data,
      [name] = title.split(" (");
    const now = curves
      .filter(({ texts }) => texts)
      .map((curve) => `${curve.label} ${(epoch && textsOf(curve.texts)[epoch - 1]) || "–"}`)
      .join(", ");
    const end = lost && epoch >= lost[0] ? `; ${lost[1]}` : "";
    return `${label}: ${name} at epoch ${epoch} of ${epochs}: ${now}${end}${behind ? `; ${behind}` : ""}.`;
  }
}
