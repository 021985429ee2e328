// Keeps the browser's address at what the page shows. Python sends the parameters after each run; what Streamlit
// itself reads from the address (`embed`) stays. An act of the reader (`acts` counts them) makes an entry in the
// browser's history, everything else replaces the one that is there.
const OWN = ["embed", "embed_options"]; // Streamlit's, which Python is not told of
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let last = { visit: "", runs: 0, acts: 0 }; // this module lives as long as the page in the browser, as the session does

export default function ({ data }) {
  const before = last,
    isReplaced = before.visit && data.visit !== before.visit;
  if (!isReplaced && data.runs < before.runs) return; // while this script is loading, calls come in any order
  last = data;
  if (isReplaced) {
    // a new session, after the server was lost: it was sent an older address, so it goes by this one
    dispatchEvent(new PopStateEvent("popstate"));
    return;
  }
  const params = new URLSearchParams(data.query);
  for (const [name, text] of new URLSearchParams(location.search)) {
    if (OWN.includes(name.toLowerCase())) params.append(name, text);
  }
  const url = `${location.pathname}?${params}${location.hash}`,
    isAct = data.acts > before.acts;
  if (isAct) history.pushState(history.state, "", url);
  else if (url !== location.pathname + location.search + location.hash)
    history.replaceState(history.state, "", url);
  if (isAct && data.scrolls) {
    const behavior = reducedMotion.matches ? "instant" : "smooth";
    document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0, behavior });
  }
}
