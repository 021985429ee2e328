// Brings what a plot shows from now on. Within a run of the page Streamlit draws a component once, and what comes later
// in the run has an element of its own, this one. It may be there before the plot is.
export default function ({ data }) {
  const sent = { ...data, kind: "more" };
  let frame = 0;
  const tell = () => {
    document.dispatchEvent(new CustomEvent("learning-rate-laboratory:drag", { detail: sent }));
    if (!sent.taken) frame = requestAnimationFrame(tell);
  };
  tell();
  return () => cancelAnimationFrame(frame);
}
