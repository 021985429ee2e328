// From what Python has sent to the text of an SVG. Each picture is a pair: the ground, which stays while a descent plays,
// and what moves on it. `t` is the update that has been reached, `part` the fraction of the next one.
const FINEST = 32767; // as in descent_player.py
const TRAIL = 6; // updates of the strong ball's way that are drawn in a swarm

function written(value) {
  const size = Math.abs(value);
  if (size < 1e-9) return "0";
  const plain = size >= 1e-3 && size < 1e6;
  const text = plain ? value.toLocaleString("en", { maximumSignificantDigits: 3 }) : value.toExponential(1);
  return text.replace("e+", "e").replaceAll("-", "\u2212");
}

function ticks(low, high, count) {
  const power = 10 ** Math.floor(Math.log10((high - low) / count));
  const step = power * [1, 2, 5, 10].find((multiple) => multiple * power * count >= high - low);
  const first = Math.ceil(low / step - 1e-9),
    last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

const label = (kind, x, y, words) => `<text class="${kind}" x="${x}" y="${y}">${words}</text>`;
const disc = (kind, [x, y], size) =>
  `<circle class="${kind}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(1)}"/>`;
const line = (kind, points) =>
  `<polyline class="${kind}" points="${points.map((point) => point.map((value) => value.toFixed(1)).join()).join(" ")}"/>`;
const between = (list, t, part) => list[t] + part * ((list[t + 1] ?? list[t]) - list[t]);

function height_at(curve, x) {
  // of a line of points in rising order
  const last = curve.length - 1,
    first = curve[0][0],
    place = ((x - first) / (curve[last][0] - first)) * last;
  const i = Math.min(last - 1, Math.max(0, Math.floor(place)));
  return curve[i][1] + (place - i) * (curve[i + 1][1] - curve[i][1]);
}

// The places of a swarm's balls, in units of the half-widths as they are after the last whole update.
function swarm_at(stop, data, t, part) {
  stop.places ??= new Int16Array(Uint8Array.from(atob(stop.swarm), (letter) => letter.charCodeAt(0)).buffer);
  const weights = data.square ? 2 : 1,
    each = stop.places.length / (data.updates + 1),
    next = Math.min(t + 1, data.updates);
  const grown = stop.zoom ? stop.zoom[next] / between(stop.zoom, t, part) : 1;
  const stays = stop.zoom ? stop.zoom[t] / between(stop.zoom, t, part) : 1;
  return Array.from({ length: each / weights }, (_, ball) => {
    const share = (i) => {
      const place = (update) => stop.places[update * each + ball * weights + i] / FINEST;
      return (1 - part) * stays * place(t) + part * grown * place(next);
    };
    const x = share(0);
    return [x, data.square ? share(1) : height_at(data.landscape[0], x)];
  });
}

function landscape_picture(data, stop, t, part, { width: wide, height: high, em }) {
  const left = 3.6 * em,
    top = 1.6 * em,
    width = wide - left - 0.7 * em,
    height = high - top - 1.8 * em;
  const zoom = stop.zoom ? between(stop.zoom, t, part) : 1,
    half = data.width.map((size, i) => size * zoom ** data.growth[i]);
  const shape = data.width[0] / data.width[1],
    zero = height / (1 - data.bottom);
  const across = data.square ? Math.min(width / 2, zero * shape) : width / 2,
    up = data.square ? across / shape : zero;
  const X = (share) => width / 2 + across * share,
    Y = (share) => zero - up * share;
  const [end, summit] = data.ends ?? [width / 2 / across, zero / up],
    low = data.ends ? 0 : (zero - height) / up;
  const xs = ticks(-end * half[0], end * half[0], (2 * across * end) / (3.6 * em));
  const ys = ticks(low * half[1], summit * half[1], (up * (summit - low)) / (2.6 * em));
  const inside = (content) =>
    `<svg x="${left}" y="${top}" width="${width}" height="${height}">${content}</svg>`;
  const ground = `${xs.map((x) => label("middle", left + X(x / half[0]), top + height + 1.3 * em, written(x))).join("")}
    ${ys.map((y) => label("left", left - 0.4 * em, top + Y(y / half[1]) + 0.35 * em, written(y))).join("")}
    ${label("left", left - 0.4 * em, 0.9 * em, data.names[1])}${label("left", left + width, top + height - 0.4 * em, data.names[0])}
    ${inside(`${xs.map((x) => `<path class="grid" d="M${X(x / half[0])} ${Y(summit)}V${data.ends ? Y(0) : height}"/>`).join("")}
      ${ys.map((y) => `<path class="grid" d="M${X(-end)} ${Y(y / half[1])}H${X(end)}"/>`).join("")}
      ${data.landscape
        .map((points) =>
          line(
            `landscape ${data.square ? "contour" : ""}`,
            points.map(([x, y]) => [X(x), Y(y)]),
          ),
        )
        .join("")}
      <path class="minimum" d="M${X(0) - 7} ${Y(0)}h14M${X(0)} ${Y(0) - 7}v14"/>
      ${
        zoom > 1.01
          ? `<rect class="home" x="${X(-1 / zoom)}" y="${Y(zoom ** -data.growth[1])}" width="${(2 * across) / zoom}" height="${(up + up * Math.min(1, -data.bottom)) * zoom ** -data.growth[1]}"/>
        ${label("middle", width / 2, 1.1 * em, `zoomed out: ${written(zoom)} times as wide as at the start`)}`
          : ""
      }`)}`;
  const swarm = stop.swarm ? swarm_at(stop, data, t, part).map(([x, y]) => [X(x), Y(y)]) : [];
  const here = swarm[0] ?? [X(between(stop.x, t, part) / half[0]), Y(between(stop.y, t, part) / half[1])];
  const first = stop.swarm ? Math.max(0, t + 1 - TRAIL) : 0;
  const way = stop.x.slice(first, t + 1).map((x, i) => [X(x / half[0]), Y(stop.y[first + i] / half[1])]);
  const moving = inside(`<path class="swarm" d="${swarm
    .slice(1)
    .map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`)
    .join("")}"/>
    ${line("path", [...way, here])}${way
      .slice(first ? 0 : 1)
      .map((point) => disc("dot", point, (data.square ? 0.15 : 0.2) * em))
      .join("")}
    ${first ? "" : disc("start", way[0], 0.35 * em)}${disc("ball", here, 0.5 * em)}`);
  return [ground, moving];
}

// The chart of losses at a stop, for the part that draws curves; its lines begin at update 0.
function losses_at({ panels: [panel], ...axes }, stop) {
  const [low, high] = panel.axis; // decimal logarithms
  const share = (loss) => (high - Math.log10(Math.max(loss, 1e-300))) / (high - low);
  const height = (loss) => Math.round(HEIGHT * Math.min(2, Math.max(-1, share(loss))));
  const curves = panel.curves
    .map((curve) => ({ ...curve, values: curve.values ?? curve_of(stop, curve.field) }))
    .filter(({ values }) => values)
    .map(({ values, ...curve }) => {
      const heights = values.map(height),
        line = `M${heights.map((y, update) => `${update} ${y}`).join(" ")}`;
      const texts = curve.played ? values.slice(1).map(written).join("\t") : null;
      return { ...curve, line, heights: heights.slice(1), texts };
    });
  const words = `Losses at the learning rate ${stop.text}: ${stop.verdict}`;
  return { ...axes, panels: [{ ...panel, curves }], alt: [words] };
}

function curve_of(stop, kind) {
  if (kind === "own") return stop.loss ?? stop.y;
  return kind === "floor" ? stop.floor && stop.expected.map(() => stop.floor) : stop[kind];
}
