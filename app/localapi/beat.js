// Tells the app when the page first showed something: the second animation
// frame of the document, which holds the window's shape (first_frame), and the
// second one after the first view is in it (first_view). A view has a <main>;
// what the page puts beside it (a place for notices) does not count. Times are
// the app's to judge; nothing about the content leaves the page.
const secret = document.querySelector('meta[name="nexus-window"]')?.content ?? "";
const root = document.getElementById("root");

function report(name, value) {
  const headers = { "Content-Type": "application/json" };
  if (secret) headers.Authorization = "Bearer " + secret;
  fetch("/api/local/beat", { method: "POST", headers, body: JSON.stringify({ name, value }) }).catch(() => undefined);
}

function shown(name) {
  requestAnimationFrame(() => requestAnimationFrame(() => report(name, performance.now())));
}

if (secret && root) {
  if (root.firstElementChild) shown("first_frame");
  const watch = new MutationObserver(() => {
    if (!root.querySelector("main")) return;
    watch.disconnect();
    shown("first_view");
  });
  watch.observe(root, { childList: true, subtree: true });
}
