// Draws what is costly only once somebody is about to see it.

const NEAR = "800px";

/**
 * Calls f once, when a node comes near the window, or with `true` when the page is about to be
 * printed: what is not there when f returns is not on the paper. Never after the signal.
 */
function whenNear(node, signal, f) {
  const life = new AbortController();
  signal.addEventListener("abort", () => life.abort());
  const now = (printing) => {
    life.abort();
    f(printing);
  };
  const watch = new IntersectionObserver((seen) => {
    if (!life.signal.aborted && seen.some((one) => one.isIntersecting)) now(false);
  }, { rootMargin: NEAR });
  life.signal.addEventListener("abort", () => watch.disconnect());
  watch.observe(node);
  window.addEventListener("beforeprint", () => now(true), { signal: life.signal });
}

framesel.share({ whenNear });
