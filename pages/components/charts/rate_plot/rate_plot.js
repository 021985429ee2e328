// Draws the results of whole runs against their rate, on the plot of `plot.js`: here the positions of a pointer are
// those of the points, a click on a point chooses it, and there are marks that other plots have not.
const REACH = 1.8; // how far beside a point a click may be, in heights of the type
const STAR = "M0-10L2.4-3.2 9.5-3.1 3.8 1.2 5.9 8.1 0 4-5.9 8.1-3.8 1.2-9.5-3.1-2.4-3.2Z";
const TOGETHER = [0.01, 0.03]; // how near stars lie that would cover each other, in shares of the width and the height
const SHARED = 1.5; // how much larger than one star several in one place are

export default function ({ data, parentElement, setTriggerValue }) {
  const make = () => new RatePlot(parentElement.querySelector(".plot"));
  return keep(parentElement, make, data, (point) => setTriggerValue("chosen", point));
}

function sector(number, count) {
  // the clip of one of `count` parts of a star with equal angles, which go around its middle, clockwise from the bottom
  if (count < 2) return "none";
  const corners = [0, 0.5, 1].map((part) => {
    const angle = (2 * Math.PI * (number + part)) / count;
    return `${(50 - 150 * Math.sin(angle)).toFixed(1)}% ${(55 + 150 * Math.cos(angle)).toFixed(1)}%`;
  });
  return `polygon(50% 55%, ${corners.join(", ")})`;
}

class RatePanel extends Panel {
  constructor(parent) {
    super(parent);
    for (const part of ["chosen", "stars", "counts"]) this[part] = element("g", this.svg, part);
    this.below = element("text", this.svg, "below name");
    put(this.below, { x: "50%", y: "100%" });
  }

  draw(data, x, held, seen, past, hidden) {
    const shown = super.draw(data, x, held, seen, past, hidden);
    this.root.style.setProperty("--above", data.above ?? 0);
    this.drawLost(data.lost ?? [], data.above ?? 0);
    this.drawStars(data.stars ?? []);
    return shown;
  }

  drawLost(numbers, rows) {
    // in rows above the chart, whose name stands before them
    const middle = { x: "0%", row: (rows - 1) / 2, text: "lost", kind: "left", colour: "currentColor" };
    const all = rows
      ? [middle, ...numbers.map((each) => ({ ...each, x: percent(this.across(each.x)) }))]
      : [];
    const nodes = children(this.counts, all.length, (parent) => {
      element("text", element("svg", parent)).append("");
    });
    all.forEach(({ x, row, text, label, colour, kind = "number" }, i) => {
      const [node] = nodes[i].children;
      put(nodes[i], { x });
      put(node, { class: kind, y: `${(1.2 * (row - rows) + 0.5).toFixed(2)}em` });
      write(node, text);
      node.style.setProperty("--series", colour);
      nodes[i].toggleAttribute("hidden", this.hidden.has(label));
    });
  }

  drawStars(stars) {
    const nodes = children(this.stars, stars.length, (parent) => {
      element("path", element("svg", parent)).setAttribute("d", STAR);
    });
    const seen = stars.filter(({ label }) => !this.hidden.has(label));
    stars.forEach((star, i) => {
      const there = seen.filter((other) => this.together(star, other)),
        { style } = nodes[i];
      put(nodes[i], { x: percent(this.across(star.x)), y: percent(this.share(star.height)) });
      style.setProperty("--series", star.colour);
      style.setProperty("--size", there.length > 1 ? SHARED : 1);
      style.setProperty("--sector", sector(there.indexOf(star), there.length));
      nodes[i].toggleAttribute("hidden", !seen.includes(star));
    });
  }

  together(star, other) {
    // of such stars each stays where it is, and shows its own sector
    const [across, down] = TOGETHER;
    return (
      Math.abs(this.across(star.x) - this.across(other.x)) < across &&
      Math.abs(this.share(star.height) - this.share(other.height)) < down
    );
  }

  choose(x) {
    const [node] = children(this.chosen, x === null ? 0 : 1, (parent) => element("line", parent));
    if (node) put(node, { x1: percent(this.across(x)), x2: percent(this.across(x)), y2: "100%" });
  }

  pointAt({ clientX, clientY }) {
    // the schedule's letter and the rate of the nearest point of a curve that is shown, or null
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    let least = REACH * parseFloat(getComputedStyle(this.svg).fontSize),
      found = null;
    for (const { label, letter, points = [] } of this.data.curves) {
      if (this.hidden.has(label)) continue;
      for (const { x, y, rate } of points) {
        const distance = Math.hypot(
          left + width * this.across(x) - clientX,
          top + height * this.share(y) - clientY,
        );
        if (distance <= least) [least, found] = [distance, [letter, rate]];
      }
    }
    return found;
  }

  say(at, line) {
    super.say(at, line);
    const said = this.data.said?.[at - 1] ?? [],
      seen = said.filter(([label]) => !this.hidden.has(label));
    write(this.note, seen.map((each) => each.join(" ")).join(", "));
  }
}

class RatePlot extends Plot {
  update(data, choose = this.choose) {
    // what comes later in a run of the page has none of its own
    this.choose = choose;
    super.update(data);
  }

  panel() {
    const panel = super.panel(RatePanel),
      { svg } = panel;
    svg.onclick = (event) => {
      const point = panel.pointAt(event);
      if (point) this.choose(point);
    };
    svg.onmousemove = (event) => {
      svg.style.cursor = panel.pointAt(event) ? "pointer" : "";
    };
    return panel;
  }

  draw() {
    super.draw();
    this.root.classList.add("stacked");
    this.root.style.setProperty("--widest", this.data.widest);
    for (const panel of this.panels) panel.choose(this.data.chosen);
    write(this.panels.at(-1).below, this.data.axis);
  }

  footed() {
    return 0;
  }

  nearest(x) {
    const distances = this.data.at.map((at) => Math.abs(at - x));
    return 1 + distances.indexOf(Math.min(...distances));
  }

  place(position) {
    return this.data.at[position - 1];
  }

  table() {
    return this.data.table;
  }
}
