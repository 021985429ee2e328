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
const NOTHING = { group: "", held: {} };
let page = NOTHING; // this module lives as long as the page in the browser
let stops = {}; // by the slider's key and the thumb's text: what the plots of the state that is drawn show there
let near = ""; // the key of the slider that the pointer or the focus is on
let hand = null; // { key, thumb, field, from, text, moved } of the slider that is held
let isAsking = false,
  sent = "",
  coming = "", // the key of the slider whose stops are requested
  approach = 0,
  calls = 0;

export default function ({ data, parentElement }) {
  const before = page,
    call = ++calls;
  if (data.of !== page.of || data.stops) show(data);
  return () => {
    // a call that newer data has overtaken is cleaned up, too, and may come last
    if (call === calls) page = parentElement.isConnected ? before : NOTHING;
  };
}

function show(data) {
  // a run of the page: all that plots show at the sliders' stops has been sent, or can be asked for
  page = data;
  stops = data.stops ?? {};
  coming = "";
  if (data.stops) return;
  setTimeout(() => hand?.moved || tell("settle"), SETTLED);
  requestStops();
}

async function ask(what) {
  // null: the server has no answer, or not in time
  try {
    const query = new URLSearchParams({ of: page.of, ...what });
    const answer = await fetch(`preview?${query}`, { signal: AbortSignal.timeout(LATE) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function tell(kind, more = {}) {
  if (kind !== "drawn")
    document.body.toggleAttribute("data-held", kind === "start" || (kind === "end" && more.moved));
  document.dispatchEvent(new CustomEvent(DRAG, { detail: { group: page.group, kind, ...more } }));
}

async function request() {
  if (isAsking || !page.of || !hand?.moved || hand.text === sent) return;
  const { key, text } = hand;
  isAsking = true;
  sent = text;
  const plots = await ask({ key, text });
  isAsking = false;
  if (plots?.late) sent = ""; // the server is busy: once more, unless the thumb has moved on
  if (plots?.late) setTimeout(request, PAUSE);
  else request(); // first: the server works while this is drawn
  if (plots && hand?.moved && hand.key === key) tell("drawn", { plots, text, now: hand.text });
}

async function requestStops() {
  if (!page.of || !near || coming || stops[near]) return;
  const { of } = page,
    key = (coming = near);
  const arrived = await ask({ key });
  if (of !== page.of) return; // those of another state
  stops[key] = arrived ?? {};
  coming = "";
  if (hand?.moved && hand.key === key) tell("drawn", { plots: there(), text: hand.text, now: hand.text });
  requestStops();
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

function goNear(key, soon) {
  near = key;
  clearTimeout(approach);
  approach = setTimeout(requestStops, soon);
}

function hold({ target }) {
  if (hand) return;
  const found = sliderOf(target);
  const thumb = found && target.closest(`.${found[1]}`).querySelector("input[type=range], [role=slider]");
  if (!thumb || textOf(thumb) === null) return; // not a slider as this knows them
  const field = document.querySelector(`.${found[1]}-exact input`);
  hand = { key: found[0], thumb, field, from: textOf(thumb), text: textOf(thumb), moved: false };
  goNear(hand.key, 0);
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
