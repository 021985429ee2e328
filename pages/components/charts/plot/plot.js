// Draws panels of curves that Python has computed, and changes them in place. A path has its x in epochs and its y in
// 10,000ths of its own axis; here it is stretched to the axis that is shown. While a slider is held, `hand.js` says
// so in events: the axes hold still or grow, and what was drawn before stays behind as a thin grey line.
const HEIGHT = 10000;
const BEFORE = "before";
const LEAST = 0.25; // the share of an axis that what is drawn now keeps beside what was drawn before
const SPARE = 10; // ticks that an axis has nodes for beforehand
const DRAG = "learning-rate-laboratory:drag"; // the event; its detail: { kind, ... }
const groups = new Map(); // name -> { plots, hidden: labels }
const parts = new WeakMap(); // parentElement -> { part: what a component has made there, calls: the data of the last ones }
const CALLS = 4; // how many more of them are remembered
const SOON = 100; // milliseconds within which a newer call comes, if there is one

function element(kind, parent, name) {
  const svg = kind === kind.toLowerCase() && ["svg", "g", "path", "line", "text", "circle"].includes(kind);
  const made = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", kind)
    : document.createElement(kind);
  if (name) made.setAttribute("class", name);
  return parent.appendChild(made);
}

function children(parent, count, make, spare = 0) {
  // as many as are needed: those that there are stay, if only hidden
  while (parent.children.length < Math.max(count, spare)) make(parent);
  const nodes = [...parent.children];
  nodes.forEach((node, i) => node.toggleAttribute("hidden", i >= count));
  return nodes.slice(0, count);
}

function put(node, attributes) {
  // writes only what changes
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
}

function write(node, text) {
  if (!node.firstChild) node.append("");
  if (node.firstChild.data !== text) node.firstChild.data = text;
}

const percent = (share) => `${(100 * share).toFixed(3)}%`;
const leads = ({ updates, leads }) => Boolean(updates || leads); // the chart of rates, which leads its group
const textsOf = (texts) => {
  // Python leaves out repetitions
  let last = "";
  return texts ? texts.split("\t").map((text) => (last = text || last)) : [];
};

function grown(one, other, ticks) {
  // two axes as one; its ticks are those of the wider, and of the other beyond that
  const span = ({ axis: [low, high] }) => high - low;
  const [wide, narrow] = span(one) > span(other) ? [one, other] : [other, one],
    [low, high] = wide.axis;
  const beyond = narrow[ticks].filter(([at]) => at < low || at > high);
  const axis = [Math.min(low, narrow.axis[0]), Math.max(high, narrow.axis[1])];
  return { axis, [ticks]: [...wide[ticks], ...beyond] };
}

function withBefore(data, others, ticks) {
  // an axis on which the states before are seen, too, unless that squeezes the new one
  const span = ({ axis: [low, high] }) => high - low;
  return others
    .filter((other) => other && Boolean(other.log) === Boolean(data.log))
    .reduce((shown, other) => {
      const both = grown(other, shown, ticks);
      return span(data) >= (data.least ?? LEAST) * span(both) ? both : shown;
    }, data);
}

function keep(parentElement, make, ...data) {
  // what a component does in a call of Streamlit's, which calls it anew for new data: the part that it made stays.
  // A call that newer data has overtaken is cleaned up at once; while the script is loading, it may come after the newer
  // one, whose data is then drawn once more
  if (!parts.has(parentElement)) parts.set(parentElement, { part: make(), calls: [] });
  const kept = parts.get(parentElement);
  kept.calls = [...kept.calls.slice(-CALLS), data];
  kept.part.update(...data);
  return () => {
    if (!parentElement.isConnected) {
      kept.part.destroy();
      parts.delete(parentElement);
      return;
    }
    const isDrawn = kept.calls.at(-1) === data;
    kept.calls = kept.calls.filter((call) => call !== data);
    const newest = kept.calls.at(-1);
    const restore = () =>
      kept.calls.at(-1) === newest && parentElement.isConnected && kept.part.update(...newest);
    if (isDrawn && newest) setTimeout(restore, SOON);
  };
}

class Panel {
  constructor(parent) {
    const root = (this.root = element("figure", parent, "panel"));
    this.heading = element("figcaption", root, "heading");
    this.title = element("strong", this.heading);
    this.label = element("span", this.heading, "label"); // of the reference: here it lies over no curve
    element("i", this.label, "level");
    element("span", this.label);
    this.entries = element("span", this.heading, "entries");
    this.note = element("span", this.heading, "note");
    this.svg = element("svg", root, "chart");
    this.svg.setAttribute("role", "img");
    for (const part of ["rows", "columns", "top", "level", "ghosts", "curves", "dots", "marks", "pointed"]) {
      this[part] = element("g", this.svg, part);
    }
    this.line = element("line", this.pointed);
    this.line.setAttribute("y2", "100%");
  }

  // data: the panel; x: the shared axis; held: the axis of this panel that may only grow, or null; seen: what is behind;
  // past: the axis that was shown last, where it is to stay if it fits
  draw(data, x, held, seen, past, hidden, position = Infinity) {
    const shown = held ? grown(held, data, "rows") : withBefore(data, [seen, past], "rows");
    Object.assign(this, { data, shown, x, hidden });
    this.root.classList.toggle("flat", Boolean(data.flat)); // over the whole width
    write(this.title, data.title);
    this.ticks(this.rows, shown.rows, ([y, text], g) =>
      this.tick(g, 0, this.y(y), { x2: "100%" }, "left", text),
    );
    this.reference(data.reference);
    const before = seen ?? { ...data, curves: data.curves.map(() => ({})) }; // the nodes are there beforehand
    const same = ({ texts }, i) => typeof texts === "string" && texts === data.curves[i]?.texts; // it lies under its curve
    this.frames(
      this.ghosts,
      before.curves,
      before,
      (curve, i) => !seen || hidden.has(curve.label) || same(curve, i),
    );
    this.frames(this.curves, data.curves, data, ({ label }) => hidden.has(label), position);
    if (position !== Infinity) this.reveal(position);
    return { ...shown, log: data.log };
  }

  y(value) {
    const [low, high] = this.shown.axis;
    return (high - value) / (high - low);
  }

  across(x) {
    return (x - this.x.axis[0]) / (this.x.axis[1] - this.x.axis[0]);
  }

  ticks(group, ticks, place) {
    const nodes = children(
      group,
      ticks.length,
      (parent) => {
        const svg = element("svg", parent);
        element("line", svg);
        element("text", svg).append("");
      },
      SPARE,
    );
    nodes.forEach((node, i) => place(ticks[i], node));
  }

  tick(node, x, y, line, kind, text) {
    put(node, { x: percent(x), y: percent(y) });
    put(node.children[0], line);
    put(node.children[1], { class: kind });
    write(node.children[1], text);
  }

  epochs(columns, top) {
    // the ticks of the shared axis
    const at =
      (kind, y) =>
      ([x, text], node) => {
        this.tick(node, this.across(x), 0, kind === "below" ? { y2: "100%" } : {}, kind, text);
        put(node.children[1], { y });
      };
    this.ticks(this.columns, columns, at("below", "100%"));
    this.ticks(this.top, top, at("above", 0));
    this.svg.classList.toggle("topped", top.length > 0);
  }

  reference(level) {
    this.label.hidden = !level;
    write(this.label.lastElementChild, level ? level[1] : "");
    this.ticks(this.level, level ? [level] : [], ([y], node) => {
      this.tick(node, 0, this.share(y), { x2: "100%" }, "left", "");
    });
  }

  // Each curve in an <svg> of its own, whose viewBox stretches it; `source` has the axis that it was computed for.
  // Or the curve has an axis of its own.
  frames(group, curves, source, hides, position = Infinity) {
    const nodes = children(group, curves.length, (parent) => {
      const frame = element("svg", parent, "frame");
      frame.setAttribute("preserveAspectRatio", "none");
      for (const part of ["area", "runs", "line", "dots"]) element("path", frame, part);
    });
    curves.forEach((curve, i) => this.frame(nodes[i], curve, source, hides(curve, i), position));
  }

  frame(node, curve, source, hide, position) {
    put(node, { class: `frame ${curve.kind ?? ""}${curve.played ? " revealed" : ""}` });
    this.stretch(node, curve, source, position);
    node.toggleAttribute("hidden", hide);
    node.style.setProperty("--series", curve.colour);
    node.style.setProperty("--dash", curve.dash || "none");
    for (const path of node.children) put(path, { d: curve[path.getAttribute("class")] || "" });
  }

  stretch(node, curve, source, position) {
    const [low, high] = curve.axis ?? source.axis,
      scale = HEIGHT / (high - low);
    const [bottom, top] = this.shown.axis,
      [left, right] = this.x.axis;
    const end = curve.played ? Math.min(right, Math.max(left, position)) : right;
    put(node, {
      width: percent(this.across(end)),
      viewBox: [left, (high - top) * scale, end - left, (top - bottom) * scale].join(" "),
    });
  }

  reveal(position) {
    // of the curves that are played, only what has been by then; and a dot at the end of each
    const { curves } = this.data,
      played = curves.filter((curve) => curve.played);
    curves.forEach(
      (curve, i) => curve.played && this.stretch(this.curves.children[i], curve, this.data, position),
    );
    const dots = children(this.dots, played.length, (parent) => element("circle", element("svg", parent)));
    played.forEach(({ heights, steps, colour, dash, kind, label }, i) => {
      const [before, after] = [Math.floor, Math.ceil].map((round) => heights[round(position) - 1] ?? NaN);
      const y = steps ? after : before + (position % 1) * (after - before);
      dots[i].toggleAttribute("hidden", !(y >= 0) || kind || this.hidden.has(label)); // missing, or above the chart
      put(dots[i], {
        x: percent(this.across(position)),
        y: percent(this.share(y || 0)),
        class: dash ? "hollow" : "full",
      });
      dots[i].style.setProperty("--series", colour);
    });
    this.mark(position);
  }

  mark(position) {
    // where a run was lost
    const { mark, words } = this.data,
      [node] = children(this.marks, mark ? 1 : 0, (parent) => {
        const cross = element("g", element("svg", parent), "lost");
        element("path", cross).setAttribute("d", "M-7-7L7 7M-7 7L7-7");
        element("text", cross);
      });
    if (!mark) return;
    const [x, height, epoch] = mark,
      text = node.querySelector("text");
    put(node, { x: percent(this.across(x)), y: percent(Math.min(0.9, Math.max(0.1, this.share(height)))) });
    put(text, { class: this.across(x) > 0.5 ? "left" : "right" });
    write(text, words);
    node.toggleAttribute("hidden", position < epoch);
  }

  share(height) {
    // of the shown axis, from its top, of a height on the panel's own
    const [low, high] = this.data.axis;
    return this.y(high - (height / HEIGHT) * (high - low));
  }

  legend(extra, hidden, toggle, named) {
    // named: the labels in a legend above, which need a place here for their values only
    const { curves } = this.data;
    const entries = [...new Map([...curves, ...extra].map((curve) => [curve.label, curve])).values()]
      .filter(({ label, texts }) => texts !== null || !named.has(label))
      .sort((one, other) => (one.texts === null) - (other.texts === null));
    for (const { label } of entries) named.add(label);
    const nodes = children(this.entries, entries.length, (parent) => {
      const button = element("button", parent, "entry");
      element("i", button);
      element("span", button);
      element("b", button);
    });
    entries.forEach((entry, i) => {
      const node = nodes[i],
        [mark, name, value] = node.children;
      node.onclick = () => toggle(entry.label);
      put(node, { "aria-pressed": !hidden.has(entry.label), type: "button" });
      node.classList.toggle("absent", Boolean(entry.absent));
      put(mark, { class: entry.kind ?? "line" });
      mark.style.setProperty("--series", entry.colour);
      mark.style.setProperty("--dashed", entry.dash ? "dashed" : "solid");
      write(name, entry.short || entry.label);
      value.hidden = entry.texts === null;
      if (entry.texts !== undefined) node.texts = textsOf(entry.texts); // a stop's come a little later
    });
  }

  say(epoch, line) {
    // the values at an epoch (0: none yet), and the line there
    for (const node of this.entries.children)
      write(node.children[2], (epoch && node.texts?.[epoch - 1]) || "–");
    this.pointed.toggleAttribute("hidden", line === null);
    if (line !== null) put(this.line, { x1: percent(this.across(line)), x2: percent(this.across(line)) });
  }
}

class Plot {
  constructor(root) {
    Object.assign(this, {
      root,
      panels: [],
      epoch: null,
      before: null, // what was drawn before the last drag
      dragged: false,
      held: null,
      position: Infinity,
    });
    this.grid = element("div", root, "grid");
    this.foot = document.createElement("span");
    this.foot.className = "foot";
    this.when = element("output", this.foot, "when");
    this.when.setAttribute("aria-live", "off");
    for (const [kind, save] of [
      ["CSV", () => this.csv()],
      ["PNG", () => this.png()],
    ]) {
      const button = Object.assign(element("button", this.foot, "file"), {
        textContent: kind,
        onclick: save,
      });
      button.ariaLabel = `Save as ${kind}`;
    }
    this.listen = ({ detail }) => detail.group === this.settled.group && this[detail.kind](detail);
    document.addEventListener(DRAG, this.listen);
  }

  destroy() {
    document.removeEventListener(DRAG, this.listen);
    this.group.plots.delete(this);
    this.grid.remove(); // another plot may be made in its place
  }

  update(data) {
    // the state that Python has drawn; while a slider is held, it waits for the release
    if (this.settled?.behind && !data.behind) this.before = null; // it was cleared
    if (!groups.has(data.group)) groups.set(data.group, { plots: new Set(), hidden: new Set() });
    this.group = groups.get(data.group);
    const others = [...this.group.plots].filter((plot) => plot !== this && !this.group.plots.has(this));
    this.group.plots.add(this);
    this.settled = data;
    this.root.ariaLabel = data.label ?? data.alt[0];
    if (!this.dragged) this.show(data);
    for (const plot of others) plot.draw(); // another one may lead now
    for (const plot of this.group.plots) plot.say();
  }

  more(sent) {
    // what `more.js` brings: the state once more, drawn later in the same run of the page
    if (sent.key !== this.settled.key) return;
    this.update({ ...this.settled, ...sent.drawn });
    sent.taken = true;
  }

  show(data) {
    this.data = data;
    if (this.epoch > data.epochs) this.epoch = null;
    this.draw();
  }

  draw() {
    const {
        data,
        held,
        group: { hidden },
      } = this,
      ghost = data.behind ?? this.before,
      count = data.panels.length;
    const next = { axis: data.x, columns: data.columns, least: data.least };
    const seen = ghost && !hidden.has(ghost.name) ? ghost : null,
      wide = seen && { axis: seen.x, columns: seen.columns },
      past = data.least ? this.shown : null; // the axes are to hold
    const x = held ? grown(held.x, next, "columns") : withBefore(next, [wide, past?.x], "columns"),
      rows = [],
      named = new Set();
    while (this.panels.length > count) this.panels.pop().root.remove();
    while (this.panels.length < count) this.panels.push(this.panel());
    const { heading } = this.panels.at(this.footed());
    if (this.foot.parentElement !== heading) heading.append(this.foot);
    this.root.classList.toggle("several", count > 1);
    this.root.classList.toggle("dense", Boolean(data.dense));
    this.root.style.setProperty("--across", Math.min(2, data.panels.filter(({ flat }) => !flat).length || 1));
    const grey = leads(data) || (data.behind && this.isFirst()) ? [this.grey(ghost)] : [];
    this.panels.forEach((panel, i) => {
      rows.push(
        panel.draw(data.panels[i], x, held?.rows[i], seen?.panels[i], past?.rows[i], hidden, this.position),
      );
      panel.epochs(x.columns, data.top);
      panel.legend(i ? [] : grey, hidden, (label) => this.toggle(label), named);
      if (data.alt) put(panel.svg, { "aria-label": data.alt[i] });
    });
    this.shown = { x, rows };
    if (held) this.held = this.shown;
    this.say();
  }

  footed() {
    // the panel that has the foot in its heading: there is room
    return this.data.panels.findLastIndex(({ reference }) => !reference);
  }

  grey(ghost) {
    // the entry in the legend of what is behind; it keeps its place, and has values if it was kept
    const texts = this.data.behind?.panels[0].curves[0].texts ?? null;
    return { label: ghost?.name ?? BEFORE, colour: "var(--before)", kind: "before", texts, absent: !ghost };
  }

  panel(kind = Panel) {
    const panel = new kind(this.grid),
      { svg } = panel;
    svg.onpointermove = svg.onpointerdown = ({ clientX }) => {
      const { left, width } = svg.getBoundingClientRect(),
        [low, high] = panel.x.axis;
      const epoch = this.nearest(low + ((clientX - left) / width) * (high - low));
      this.point(Math.min(this.data.now ?? this.data.epochs, Math.max(1, epoch)) || null);
    };
    svg.onpointerleave = () => this.point(null);
    return panel;
  }

  nearest(x) {
    // the epoch there
    return Math.round(x);
  }

  place(epoch) {
    // where it is on the axis
    return epoch;
  }

  reveal(position, now) {
    // what a player plays
    this.position = position;
    for (const panel of this.panels) panel.reveal(position);
    if (now === this.data.now) return;
    this.data.now = now;
    this.say();
  }

  point(epoch) {
    // on all plots of the group
    for (const plot of this.group.plots) {
      plot.epoch = epoch > plot.data.epochs ? null : epoch;
      plot.say();
    }
  }

  say() {
    // what is written without a pointer is the last epoch, or where the player is
    const { epoch, data } = this,
      at = epoch ?? data.now ?? data.rest ?? data.epochs;
    for (const panel of this.panels) panel.say(at, epoch && this.place(epoch));
    const last = at * data.updates,
      from = last - data.updates + 1,
      text = (n) => n.toLocaleString("en");
    const updates = data.updates ? `, update${last > from ? `s ${text(from)} to` : ""} ${text(last)}` : "";
    const says = this.isFirst() && (epoch || data.now === undefined); // it is said once
    write(this.when, says && at ? (data.names?.[at - 1] ?? `${data.unit} ${at}${updates}`) : "");
    write(this.panels[0].note, data.note ?? "");
  }

  isFirst() {
    // whether this plot says what is said once in its group
    const plots = [...this.group.plots];
    return this === (plots.find(({ settled }) => leads(settled)) ?? plots[0]);
  }

  toggle(label) {
    const { hidden, plots } = this.group;
    if (!hidden.delete(label)) hidden.add(label);
    for (const plot of plots) plot.draw();
  }

  // What `hand.js` says: a slider is held, something is to be drawn for where it stands, it was let go.

  start() {
    this.before = { ...this.data, name: BEFORE };
    this.dragged = true;
    this.held = this.shown;
    this.draw();
  }

  drawn({ plots, text, now }) {
    // for the thumb's `text`; a rate curve follows the thumb, and not a late answer
    const drawn = plots[this.settled.key];
    if (drawn && this.dragged && (text === now || !leads(drawn))) this.show(this.completed(drawn));
  }

  completed(drawn) {
    // panels and curves that Python has left out stay as they are settled, on the axis that they were drawn for
    const complete = (panel, { curves, axis }) => ({
      ...panel,
      curves: panel.curves.map((curve, i) => curve ?? { ...curves[i], axis }),
    });
    const panels = this.settled.panels.map((panel, i) => complete(drawn.panels?.[i] ?? panel, panel));
    return { ...this.settled, ...drawn, panels };
  }

  end({ moved }) {
    this.held = null;
    this.dragged = false;
    if (moved) this.draw();
    else this.show(this.settled);
  }

  settle() {
    // an ordinary run is over: what was drawn before the release has gone, even if nothing new was sent
    if (!this.dragged && this.data !== this.settled) this.show(this.settled);
  }

  csv() {
    const quoted = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value);
    const text = this.table().map((row) => `${row.map(quoted).join(",")}\n`);
    this.save("csv", new Blob(text, { type: "text/csv" }));
  }

  table() {
    // the numbers, a row for each epoch, below the names of the columns
    const { panels, behind, names, unit } = this.data,
      epochs = Math.max(this.data.epochs, behind?.epochs ?? 0),
      columns = [[unit, names ?? Array.from({ length: epochs }, (_, i) => i + 1)]];
    const plain = (text) => (text === "–" ? "" : text.replaceAll(",", ""));
    const kept = (behind?.panels ?? []).map(({ title, curves }) => ({
      title: `${behind.name}, ${title}`,
      curves,
    }));
    for (const { title, curves } of [...panels, ...kept]) {
      for (const curve of curves) {
        for (const [part, name] of [
          ["texts", ""],
          ["low", ", low"],
          ["high", ", high"],
        ]) {
          if (curve[part]) columns.push([`${title}: ${curve.label}${name}`, textsOf(curve[part]).map(plain)]);
        }
      }
    }
    const rows = [columns.map(([name]) => name)];
    for (let i = 0; i < epochs; i++) rows.push(columns.map(([, values]) => values[i] ?? ""));
    return rows;
  }

  save(ending, blob) {
    const link = document.createElement("a"),
      name = this.settled.key.replaceAll(".", "_");
    link.href = URL.createObjectURL(blob);
    link.download = `${name}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  async png() {
    const frame = this.grid.getBoundingClientRect(),
      style = getComputedStyle(this.root),
      scale = 2;
    const parts = this.panels.map((panel) => pictured(panel, frame)).join("");
    const size = `width="${frame.width}" height="${frame.height}"`;
    const source = `<svg xmlns="http://www.w3.org/2000/svg" ${size} style="color:${style.color};
      font-family:sans-serif;font-size:${style.fontSize}">${parts}</svg>`;
    const picture = new Image();
    picture.src = `data:image/svg+xml,${encodeURIComponent(source)}`;
    await picture.decode();
    const canvas = Object.assign(document.createElement("canvas"), {
      width: scale * frame.width,
      height: scale * frame.height,
    });
    const context = canvas.getContext("2d");
    context.fillStyle = style.getPropertyValue("--st-background-color") || "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => this.save("png", blob));
  }
}

// A panel as a picture that stands alone: its looks, which a style sheet gives it here, are written into each part.
const LOOKS = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "vector-effect",
  "font-size",
  "text-anchor",
  "transform",
  "clip-path",
  "paint-order",
  "display",
  "overflow",
];

function ink(node) {
  // the width of its text, which another typeface is squeezed into
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect().width;
}

function pictured(panel, frame) {
  const copy = panel.svg.cloneNode(true),
    box = panel.svg.getBoundingClientRect();
  const own = [panel.svg, ...panel.svg.querySelectorAll("*")],
    copies = [copy, ...copy.querySelectorAll("*")];
  own.forEach((node, i) => {
    const looks = getComputedStyle(node);
    copies[i].setAttribute("style", LOOKS.map((name) => `${name}:${looks.getPropertyValue(name)}`).join(";"));
  });
  const place = { x: box.left - frame.left, y: box.top - frame.top, width: box.width, height: box.height };
  for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
  const words = [...panel.heading.querySelectorAll("strong, i, span span, b")]
    .filter((node) => node.offsetWidth)
    .map((node) => {
      const { left, top, height, width } = node.getBoundingClientRect(),
        x = left - frame.left;
      const middle = top - frame.top + height / 2,
        { opacity } = getComputedStyle(node.closest("button") ?? node);
      if (node.localName !== "i") {
        const text = new Option(node.textContent).innerHTML,
          weight = node.localName === "span" ? 400 : 700;
        return `<text x="${x}" y="${middle}" dy="0.35em" font-weight="${weight}" fill="currentColor"
        opacity="${opacity}" textLength="${ink(node)}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
      }
      const { borderTopColor, borderTopWidth, borderTopStyle } = getComputedStyle(node);
      return `<line x1="${x}" x2="${x + width}" y1="${middle}" y2="${middle}" stroke="${borderTopColor}" opacity="${opacity}"
      stroke-width="${borderTopWidth}" stroke-dasharray="${borderTopStyle === "solid" ? "none" : "8 4"}"/>`;
    });
  return words.join("") + new XMLSerializer().serializeToString(copy);
}
