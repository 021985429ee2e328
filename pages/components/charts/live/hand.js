// Follows the thumb of a slider that is held, which Streamlit itself reports on release only. The curves of its stops
// are requested when the hand comes near, and drawn at once; a preview is requested when the one before has come, so
// none waits in a queue.
const DRAG = "learning-rate-laboratory:drag"; // the event that plots listen to
// Milliseconds: without an answer; before a late one is requested again; from the end of a run to its plots being drawn;
// for which the hand is near a slider before its stops are requested.
const LATE = 2000,
  PAUSE = 300,
  SETTLED = 400,
  NEAR = 60;
let page = { group: "", held: {} }; // this module lives as long as the page in the browser
let stops = {}; // by the slider's key and the thumb's text: what the plots of the state that is drawn show there
let near = ""; // the key of the slider that the pointer or the focus is on
let ask = null; // sends to Python; null where the server makes no previews
let hand = null; // { key, thumb, field, from, text, moved } of the slider that is held
let number = Date.now(),
  waiting = 0,
  late = 0,
  sent = "",
  coming = "", // the key of the slider whose stops are requested
  approach = 0,
  calls = 0;

export default function ({ data, setTriggerValue }) {
  if (data.held) show(data);
  else answered(data, setTriggerValue);
  const call = ++calls;
  return () => {
    if (call === calls) {
      ask = null;
      page = { ...page, held: {} };
    }
  };
}

function show(data) {
  page = data;
  if (!page.stops) return;
  stops = page.stops; // all that is drawn has been sent
  ask = null;
}

function answered(data, setTriggerValue) {
  const isOrdinary = !data.stops && data.answer === undefined; // a run of the page
  ask = setTriggerValue;
  if (isOrdinary) setTimeout(() => hand?.moved || tell("settle"), SETTLED);
  if (isOrdinary || data.stops) takeStops(data);
  if (data.answer !== waiting) return;
  waiting = 0;
  if (data.plots.late) sent = ""; // the server is busy: once more, unless the thumb has moved on
  if (data.plots.late) setTimeout(request, PAUSE);
  else request(); // first: the server works while this is drawn
  if (hand?.moved) tell("drawn", { plots: data.plots, text: data.text, now: hand.text });
}

function takeStops({ near: key, stops: arrived }) {
  // those of other sliders hold until the page is another one
  stops = arrived ? { ...stops, [key]: arrived } : {};
  coming = "";
  if (hand?.moved && hand.key === key) tell("drawn", { plots: there(), text: hand.text, now: hand.text });
  requestStops();
}

function tell(kind, more = {}) {
  if (kind !== "drawn")
    document.body.toggleAttribute("data-held", kind === "start" || (kind === "end" && more.moved));
  document.dispatchEvent(new CustomEvent(DRAG, { detail: { group: page.group, kind, ...more } }));
}

function request() {
  if (waiting || !ask || !hand?.moved || hand.text === sent) return;
  waiting = ++number;
  sent = hand.text;
  clearTimeout(late);
  late = setTimeout(() => {
    waiting = 0;
    request();
  }, LATE);
  ask("moved", { number: waiting, key: hand.key, text: hand.text });
}

function requestStops() {
  if (!ask || !near || coming || stops[near]) return;
  coming = near;
  ask("near", near);
}

const there = () => stops[hand.key]?.[hand.text] ?? {};
const sliderOf = (target) =>
  target instanceof Element && Object.entries(page.held).find(([, name]) => target.closest(`.${name}`));
const textOf = (thumb) => thumb.getAttribute("aria-valuetext") ?? thumb.getAttribute("aria-valuenow");

const observer = new MutationObserver(() => {
  if (!hand || textOf(hand.thumb) === hand.text) return;
  hand.text = textOf(hand.thumb);
  if (hand.field) hand.field.value = hand.text; // the exact field beside it; after the release Streamlit writes it
  if (!hand.moved) {
    hand.moved = true;
    sent = "";
    tell("start");
  }
  tell("drawn", { plots: there(), text: hand.text, now: hand.text });
  request();
});

function comeNear({ target }) {
  const [key] = sliderOf(target) || [""];
  if (!hand && key !== near) goNear(key, NEAR);
}

function goNear(key, soon = 0) {
  // never at once: Streamlit sends what a slider commits in the same task along with it, as a change of this part alone
  near = key;
  clearTimeout(approach);
  approach = setTimeout(requestStops, soon);
}

function hold({ target }) {
  if (hand || !(ask || page.stops)) return;
  const found = sliderOf(target);
  const thumb = found && target.closest(`.${found[1]}`).querySelector("input[type=range], [role=slider]");
  if (!thumb || textOf(thumb) === null) return; // not a slider as this knows them
  const field = document.querySelector(`.${found[1]}-exact input`);
  hand = { key: found[0], thumb, field, from: textOf(thumb), text: textOf(thumb), moved: false };
  goNear(hand.key);
  observer.observe(thumb, { attributes: true, attributeFilter: ["aria-valuetext", "aria-valuenow"] });
}

function letGo() {
  if (!hand) return;
  const { moved, from, text } = hand;
  observer.disconnect();
  hand = null;
  if (moved) tell("end", { moved: text !== from });
}

const capture = { capture: true, passive: true };
addEventListener("pointerover", comeNear, capture);
addEventListener("focusin", comeNear, capture);
addEventListener("pointerdown", hold, capture);
addEventListener("keydown", hold, capture);
for (const kind of ["pointerup", "pointercancel", "keyup"]) addEventListener(kind, letGo, capture);
addEventListener("blur", ({ target }) => target === window && letGo());
