// The live stream: EventSource comes back by itself, with the id of the last event that it has seen.

export function listen(position, on) {
  let source = null;
  let seen = position;
  function open() {
    source = new EventSource(`/api/v1/stream?after=${encodeURIComponent(seen)}`);
    source.addEventListener("open", () => on.state(true));
    source.addEventListener("error", () => {
      on.state(false);
      // A refusal ends an EventSource for good: try again, slowly.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 5000);
    });
    for (const kind of ["alarm", "ticket", "status", "reset"]) {
      source.addEventListener(kind, (event) => {
        if (event.lastEventId) seen = event.lastEventId;
        on[kind](JSON.parse(event.data));
      });
    }
  }
  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}
