// Follows the thumb of a slider that is held, which Streamlit itself reports on release only. What Python has sent for
// its stops is drawn at once; a preview is requested when the one before has come, so none waits in a queue.
const DRAG = "learning-rate-laboratory:drag"; // the event that plots listen to
// Milliseconds: without an answer; before a late one is requested again; from the end of a run to its plots being drawn.
const LATE = 2000,
  PAUSE = 300,
  SETTLED = 400;
let page = { group: "", held: {}, stops: {} }; // this module lives as long as the page in the browser
let ask = null; // sends to Python; null where the server makes no previews
let hand = null; // { key, thumb, field, from, text, moved } of the slider that is held
let number = Date.now(),
  waiting = 0,
  late = 0,
  sent = "",
  calls = 0;

export default function ({ data, setTriggerValue }) {
  if (data.held) page = data;
  else answered(data, setTriggerValue);
  if (data.alone) ask = null; // all that is drawn has been sent
  const call = ++calls;
  return () => {
    if (call === calls) {
      ask = null;
      page = { ...page, held: {} };
    }
  };
}

function answered(data, setTriggerValue) {
  ask = setTriggerValue;
  if (data.answer === undefined) setTimeout(() => hand?.moved || tell("settle"), SETTLED); // an ordinary run
  if (data.answer !== waiting) return;
  waiting = 0;
  if (data.plots.late) sent = ""; // the server is busy: once more, unless the thumb has moved on
  if (data.plots.late) setTimeout(request, PAUSE);
  else request(); // first: the server works while this is drawn
  if (hand?.moved) tell("drawn", { plots: data.plots, text: data.text, now: hand.text });
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
  tell("drawn", { plots: page.stops[hand.key]?.[hand.text] ?? {}, text: hand.text, now: hand.text });
  request();
});

function hold({ target }) {
  if (hand || !(ask || page.alone) || !(target instanceof Element)) return;
  const found = Object.entries(page.held).find(([, name]) => target.closest(`.${name}`));
  const thumb = found && target.closest(`.${found[1]}`).querySelector("input[type=range], [role=slider]");
  if (!thumb || textOf(thumb) === null) return; // not a slider as this knows them
  const field = document.querySelector(`.${found[1]}-exact input`);
  hand = { key: found[0], thumb, field, from: textOf(thumb), text: textOf(thumb), moved: false };
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
addEventListener("pointerdown", hold, capture);
addEventListener("keydown", hold, capture);
for (const kind of ["pointerup", "pointercancel", "keyup"]) addEventListener(kind, letGo, capture);
addEventListener("blur", ({ target }) => target === window && letGo());
