// Keeps a player's paths where `player.js` finds them. They come in an element of their own, which Streamlit does not
// send again while only the rate changes.
const held = (window.descentPaths ??= new Map());

export default function ({ data }) {
  if (held.get(data.player)?.paths === data.paths) return;
  held.set(data.player, { paths: data.paths, stops: JSON.parse(data.stops) });
  window.dispatchEvent(new Event("descent-paths"));
}
