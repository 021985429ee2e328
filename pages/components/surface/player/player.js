// Plays paths over the loss surface, with the charts of `plot.js` below. Python sends all positions, as shares of the
// map's width and height, and all texts. `position` counts moments from 0, with a fraction while playing.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const GROUND = [122, 132, 140]; // the colour of the lowest ground, mixed with the background
const SHADES = [0.05, 0.5]; // how much of it: on the highest and on the lowest level
const views = new Map(); // view -> { moment, playing }; outlives the component, so that a page switch loses nothing
let speed = "8"; // moments per second

export default function ({ data, parentElement, setTriggerValue }) {
  return keep(parentElement, () => new Stage(parentElement), data, setTriggerValue);
}

class Stage {
  // holds the player, which is made anew for new data
  constructor(parent) {
    this.parent = parent;
  }

  update(data, setTriggerValue) {
    this.player?.stop();
    this.player = new Player(data, this.parent, setTriggerValue);
  }

  destroy() {
    this.player.stop();
  }
}

const at = (x, y, parts) => `<svg x="${percent(x)}" y="${percent(y)}">${parts}</svg>`;
const escaped = (words) =>
  Object.assign(document.createElement("i"), { textContent: words }).innerHTML.replaceAll('"', "&quot;");

function colourOf(element, name) {
  // as [red, green, blue]
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(element).getPropertyValue(name) || "#fff";
  const hex = canvas.fillStyle;
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

class Ground {
  // the surface: a band of colour between two levels, a line at each
  constructor(data, canvas) {
    Object.assign(this, data, { canvas });
  }

  height(row, column) {
    // of the surface, interpolated between the nodes of the grid
    const { rows, columns, steps } = this;
    const r = Math.min(rows - 2, Math.floor(row)),
      c = Math.min(columns - 2, Math.floor(column));
    const y = row - r,
      x = column - c,
      i = r * columns + c;
    return (
      (1 - y) * ((1 - x) * steps[i] + x * steps[i + 1]) +
      y * ((1 - x) * steps[i + columns] + x * steps[i + columns + 1])
    );
  }

  draw() {
    const { canvas, rows, columns, levels } = this,
      scale = Math.min(devicePixelRatio || 1, 2);
    const width = Math.round(canvas.clientWidth * scale),
      height = Math.round(canvas.clientHeight * scale);
    if (!width || !height) return;
    Object.assign(canvas, { width, height });
    const [paper, ink] = ["--st-background-color", "--st-text-color"].map((name) => colourOf(canvas, name));
    const shades = [...levels, ""].map((_, band) => {
      const share = SHADES[1] + (SHADES[0] - SHADES[1]) * (band / Math.max(1, levels.length));
      return paper.map((channel, i) => channel + share * (GROUND[i] - channel));
    });
    const context = canvas.getContext("2d"),
      image = context.createImageData(width, height);
    let above = new Float32Array(width);
    for (let v = 0; v < height; v++) {
      const row = (v / (height - 1)) * (rows - 1),
        now = new Float32Array(width);
      for (let u = 0; u < width; u++) {
        const z = (now[u] = this.height(row, (u / (width - 1)) * (columns - 1)));
        const slope = Math.hypot(z - (u ? now[u - 1] : z), z - (v ? above[u] : z));
        const level = Math.round(z),
          inside = level >= 0 && level < levels.length && slope > 0;
        const line = inside
          ? 0.45 * Math.max(0, Math.min(1, 0.6 * scale + 0.5 - Math.abs(z - level) / slope))
          : 0;
        const shade = shades[Math.max(0, Math.min(levels.length, Math.floor(z) + 1))],
          i = 4 * (v * width + u);
        for (let k = 0; k < 3; k++) image.data[i + k] = shade[k] + line * (ink[k] - shade[k]);
        image.data[i + 3] = 255;
      }
      above = now;
    }
    context.putImageData(image, 0, 0);
  }

  labels(width) {
    // the levels' losses, written where lines cross some rows of the map, the outer ones first
    const { rows, columns, levels } = this,
      found = [],
      said = new Set(),
      apart = Math.min(0.3, 64 / width);
    for (const share of [0.09, 0.93, 0.27, 0.75, 0.4, 0.62, 0.5]) {
      let before = this.height(share * (rows - 1), 0);
      for (let u = 1; u <= 200; u++) {
        const z = this.height(share * (rows - 1), (u / 200) * (columns - 1)),
          level = Math.floor(Math.max(z, before));
        const crossed =
          level > Math.min(z, before) && level >= 0 && level < levels.length && !said.has(level);
        const x = u / 200,
          free = found.every(([a, b]) => Math.abs(a - x) > apart || Math.abs(b - share) > 0.09);
        if (crossed && free && x > (share > 0.9 ? 0.4 : 0.04) && x < 0.96) {
          // the ruler is at the lower left
          said.add(level);
          found.push([x, share, levels[level]]);
        }
        before = z;
      }
    }
    return found.map(([x, y, words]) => at(x, y, `<text class="level" y="0.35em">${words}</text>`)).join("");
  }
}

class Player {
  constructor(data, parent, setTriggerValue) {
    const find = (selector) => parent.querySelector(selector),
      { moments } = data;
    const names = ["player", "moment", "scrub", "play", "drop", "runs", "map", "charts"];
    for (const name of names) this[name] = find(`.${name}`);
    const view = views.get(data.view) ?? { moment: Infinity, playing: false };
    views.set(data.view, view);
    Object.assign(this, { data, view, setTriggerValue, last: moments.length - 1 });
    this.position = this.positionOf(view.moment);
    this.ground = new Ground(data.map, find("canvas"));
    this.picture = find(".map > svg");
    this.player.ariaLabel = data.label;
    this.player.style.setProperty("--aspect", data.aspect);
    this.moment.classList.toggle(
      "long",
      moments.some((moment) => moment % 1),
    );
    this.runs.innerHTML = data.runs
      .map(
        ({ letter, name, colour }) =>
          `<span style="--run:${colour}"><strong>${escaped(name)}</strong></span>`,
      )
      .join("");
    this.charts.replaceChildren(); // those of the data before
    this.plot = new Plot(this.charts);
    this.plot.position = 1 + this.position;
    this.plot.update({ ...data.charts, label: data.label, now: 1 + Math.floor(this.position) });
    this.scrub.max = this.last;
    this.listen(find(".back"), find(".forward"), find(".speed"));
    this.resizes = new ResizeObserver(() => {
      this.paint(true);
      this.draw();
    });
    this.resizes.observe(this.map);
    this.show();
  }

  positionOf(moment) {
    // among the moments, with a fraction between two
    const { moments } = this.data,
      next = moments.findIndex((each) => each >= moment - 1e-9);
    if (next < 0) return moments.length - 1;
    return next ? next - (moments[next] - moment) / (moments[next] - moments[next - 1]) : 0;
  }

  momentAt(position) {
    const { moments } = this.data,
      i = Math.floor(position);
    return moments[i] + (position - i) * ((moments[i + 1] ?? moments[i]) - moments[i]);
  }

  listen(back, forward, choice) {
    const { play, scrub, drop, view } = this;
    back.onclick = () => this.go(Math.ceil(this.position) - 1);
    play.onclick = () => this.go(this.position === this.last ? 0 : this.position, !view.playing);
    forward.onclick = () => this.go(Math.floor(this.position) + 1);
    scrub.oninput = () => this.go(Number(scrub.value));
    choice.value = speed;
    choice.onchange = () => {
      speed = choice.value;
    };
    drop.onclick = () => {
      Object.assign(view, { moment: this.epoch, playing: !reducedMotion.matches }); // both runs go on from here
      this.setTriggerValue("drop", this.epoch);
    };
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.resizes.disconnect();
    this.plot.destroy();
  }

  go(position, playing = false) {
    this.position = Math.min(this.last, Math.max(0, position));
    this.view.playing = playing;
    this.show();
  }

  show(before = performance.now()) {
    const { view, last } = this;
    cancelAnimationFrame(this.frame);
    view.playing &&= this.position < last;
    view.moment = this.position === last ? Infinity : this.momentAt(this.position);
    this.draw();
    if (!view.playing) return;
    this.frame = requestAnimationFrame((now) => {
      const seconds = Math.min(0.25, Math.max(0, now - before) / 1000); // a hidden tab skips nothing
      this.position = Math.min(last, this.position + Number(speed) * seconds);
      this.show(now);
    });
  }

  get epoch() {
    // the number of epochs passed at the position
    return Math.floor(this.data.moments[Math.floor(this.position)] + 1e-6);
  }

  draw() {
    // everything that moves
    const { position, last, view, play, scrub } = this,
      now = Math.floor(position);
    this.paint();
    play.ariaLabel = view.playing ? "Pause" : position === last ? "Play again" : "Play";
    scrub.value = now;
    this.drawPaths();
    this.plot.reveal(1 + position, 1 + now);
    if (now !== this.said) this.say(now);
  }

  paint(anew = false) {
    // the ground, if the theme or the size has changed
    const paper = getComputedStyle(this.map).getPropertyValue("--st-background-color");
    if (anew || paper !== this.paper) this.ground.draw();
    this.paper = paper;
  }

  drawPaths() {
    const { data, map, position, picture } = this,
      { clientWidth: width, clientHeight: height } = map;
    if (!width) return;
    if (this.drawnAt !== width) {
      const [share, words] = data.map.ruler;
      this.still = `${this.ground.labels(width)}<path class="ruler" d="M12 ${height - 12}v-5v5h${share * width}v-5"/>
        <text x="${12 + share * width + 8}" y="${height - 9}">${words}</text>`;
      this.drawnAt = width;
    }
    const runs = data.runs.map((run) => this.pathOf(run, position, width, height));
    picture.innerHTML =
      this.still + runs.map(([path]) => path).join("") + runs.map(([, marks]) => marks).join("");
  }

  pathOf({ letter, colour, at: moments, x, y, drop, own }, position, width, height) {
    const X = (i) => x[i] * width,
      Y = (i) => y[i] * height,
      em = parseFloat(getComputedStyle(this.map).fontSize);
    const next = moments.findIndex((each) => each > position),
      k = (next < 0 ? moments.length : next) - 1;
    if (k < own) return ["", ""]; // so far another path shows the same
    const part = k + 1 < moments.length ? (position - moments[k]) / (moments[k + 1] - moments[k]) : 0;
    const points = Array.from({ length: k + 1 - own }, (_, i) => [X(own + i), Y(own + i)]);
    const end = part ? [X(k) + part * (X(k + 1) - X(k)), Y(k) + part * (Y(k + 1) - Y(k))] : points.at(-1);
    const line = [...points, ...(part ? [end] : [])]
      .map((point) => point.map((each) => each.toFixed(1)).join())
      .join(" ");
    const circle = ([a, b], kind) => `<circle class="${kind}" cx="${a}" cy="${b}"/>`;
    const dots = points
      .slice(1)
      .map((point) => circle(point, "point"))
      .join("");
    const mark =
      drop !== null && drop <= k
        ? `<path class="dropped" d="M${X(drop)} ${Y(drop) - 8}l8 8l-8 8l-8-8z"><title>the rate drops</title></path>`
        : "";
    const side = end[0] > width - 3 * em ? -1.3 : 0.7;
    return [
      `<g style="--run:${colour}"><polyline class="halo" points="${line}"/><polyline class="path" points="${line}"/>${dots}</g>`,
      `<g style="--run:${colour}">${own ? "" : circle(points[0], "start")}${mark}${circle(end, "ball")}
        <text class="letter" x="${end[0] + side * em}" y="${end[1] - 0.4 * em}">${letter}</text></g>`,
    ];
  }

  say(now) {
    // the point in words, also for those who cannot see it
    const { data, moment, scrub, drop, epoch, picture, plot } = this,
      words = data.texts[now];
    this.said = now;
    moment.textContent = scrub.ariaValueText = words;
    picture.ariaLabel = `${data.label} At ${words}.`;
    for (const { svg, title, entries } of plot.panels) {
      const read = [...entries.children].map(
        ({ children: [, name, value] }) => `${name.textContent} ${value.textContent}`,
      );
      svg.ariaLabel = `${title.textContent} at ${words}: ${read.join(", ")}.`;
    }
    const possible = epoch >= 1 && epoch < Math.min(data.drop.epochs, data.moments.at(-1)); // and some of it is seen
    drop.disabled = !possible;
    drop.textContent = possible
      ? `Drop ${data.drop.letter} now, ${data.drop.words}`
      : `Drop ${data.drop.letter} now: scrub back first`;
  }
}
