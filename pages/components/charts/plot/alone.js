// Puts a plot by itself on a page.
const plots = new WeakMap(); // parentElement -> Plot

export default function ({ data, parentElement }) {
  // called anew for new data, without a clean-up in between
  if (!plots.has(parentElement)) plots.set(parentElement, new Plot(parentElement.querySelector(".plot")));
  const plot = plots.get(parentElement),
    call = plot.update(data);
  return () => {
    // an outdated call may be cleaned up after a newer one has been made
    if (call === plot.calls) {
      plot.destroy();
      plots.delete(parentElement);
    }
  };
}
