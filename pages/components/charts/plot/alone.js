// Puts a plot by itself on a page.
export default function ({ data, parentElement }) {
  return keep(parentElement, () => new Plot(parentElement.querySelector(".plot")), data);
}
