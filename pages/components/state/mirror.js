// Keeps the browser's address at what the page shows. Python sends the parameters after each run; what Streamlit
// itself reads from the address (`embed`) stays. An act of the reader (`act` counts them) makes an entry in the
// browser's history, everything else replaces the one that is there.
const OWN = ["embed", "embed_options"]; // Streamlit's, which Python is not told of
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let seen = 0,
  runs = 0; // this module lives as long as the page in the browser, as the session does

export default function ({ data }) {
  const { query, act, scrolls, run } = data,
    replaced = run < runs;
  runs = run;
  if (replaced) {
    // a new session, after the server was lost: it was sent an older address, so it goes by this one
    seen = act;
    dispatchEvent(new PopStateEvent("popstate"));
    return;
  }
  const params = new URLSearchParams(query);
  for (const [name, text] of new URLSearchParams(location.search)) {
    if (OWN.includes(name.toLowerCase())) params.append(name, text);
  }
  const url = `${location.pathname}?${params}${location.hash}`;
  if (act > seen) history.pushState(history.state, "", url);
  else if (url !== location.pathname + location.search + location.hash)
    history.replaceState(history.state, "", url);
  if (act > seen && scrolls) {
    const behavior = reducedMotion.matches ? "instant" : "smooth";
    document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0, behavior });
  }
  seen = act;
}
