// What a page gains by a script: it follows the live stream, its clocks run, and buttons print and copy.
import { listen } from "./live.js";
import { patch } from "./patch.js";
import { plot } from "./plot.js";

const main = document.getElementById("main");
let gatewayTime = null; // {now, at}: the gateway's time, and when we heard of it

const unit = (key) => main.dataset[key] ?? "";

function duration(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 60000);
  if (minutes < 60) return `${minutes} ${unit("unitMin")}`;
  const rest = String(minutes % 60).padStart(2, "0");
  if (minutes < 1440) return `${Math.floor(minutes / 60)} ${unit("unitH")} ${rest} ${unit("unitMin")}`;
  return `${Math.floor(minutes / 1440)} ${unit("unitD")} ${Math.floor(minutes / 60) % 24} ${unit("unitH")}`;
}

function tick() {
  if (!gatewayTime || !main.dataset.unitMin) return;
  for (const clock of document.querySelectorAll("time[data-since]")) {
    const text = duration(gatewayTime.now - Number(clock.dataset.since));
    if (clock.textContent !== text) clock.textContent = text;
  }
}

let loading = false;
let again = false;
let last = 0;

// Fetches the page's middle as it is now, and changes what differs.
async function refresh() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const wait = last + 400 - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    last = performance.now();
    const answer = await fetch(location.pathname + location.search, { headers: { "X-Fragment": "1" }, cache: "no-store" });
    if (answer.redirected || answer.status === 401) { location.reload(); return; }
    if (answer.ok) {
      const news = patch(main, await answer.text());
      for (const element of news) element.classList.add("fresh");
      if (live && !main.dataset.position) live.hidden = true;
enhance();
      tick();
    }
  } catch { /* the stream says when the connection is lost */ }
  loading = false;
  if (again) { again = false; refresh(); }
}

let refreshTimer = null;
function soon() {
  if (refreshTimer) return;
  refreshTimer = setTimeout(() => { refreshTimer = null; refresh(); }, 50);
}

function enhance() {
  for (const figure of main.querySelectorAll("[data-plot]:not([data-drawn])")) plot(figure);
}

function here() { return location.pathname + location.search; }

function beep() {
  try {
    const audio = new AudioContext();
    for (const [start, pitch] of [[0, 880], [0.25, 660], [0.5, 880]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.value = 0.15;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.2);
    }
  } catch { /* no sound here */ }
}

// Clipboards are for pages that came encrypted; elsewhere the text is selected, ready for the keyboard.
async function copy(button) {
  const code = button.parentElement.querySelector("code");
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = button.dataset.copied;
    announce.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = word; }, 2000);
  } catch {
    getSelection().selectAllChildren(code);
  }
}

const sound = document.getElementById("sound");
if (sound) {
  sound.hidden = false;
  const show = () => sound.setAttribute("aria-pressed", localStorage.getItem("sound") === "on" ? "true" : "false");
  sound.addEventListener("click", () => {
    localStorage.setItem("sound", localStorage.getItem("sound") === "on" ? "off" : "on");
    show();
    if (localStorage.getItem("sound") === "on") beep();
  });
  show();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  if (!target) return;
  if (target.dataset.print !== undefined) window.print();
  if (target.dataset.copy !== undefined) {
    copy(target);
  }
  if (target.id === "language") target.href = target.href.split("?")[0] + "?back=" + encodeURIComponent(here());
  if (target.id === "theme") {
    const chosen = document.documentElement.dataset.theme;
    const isDark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    target.href = `/choose/theme/${isDark ? "light" : "dark"}?back=${encodeURIComponent(here())}`;
  }
});

const live = document.getElementById("live");
const announce = document.getElementById("announce");
if (live && main.dataset.position) {
  listen(main.dataset.position, {
    state(isOn) {
      live.className = "live " + (isOn ? "on" : "lost");
      live.lastElementChild.textContent = isOn ? live.dataset.live : live.dataset.lost;
    },
    alarm(step) {
      soon();
      if (step.kind !== "raised") return;
      const title = document.documentElement.lang.startsWith("zh") ? step.alarm.title.zh : step.alarm.title.en;
      announce.textContent = `${step.alarm.priority} ${title}`;
      if (step.alarm.priority === "P1" && localStorage.getItem("sound") === "on") beep();
    },
    ticket() { soon(); },
    reset() { soon(); },
    status(status) {
      if (status.now) gatewayTime = { now: status.now, at: performance.now() };
      tick();
    },
  });
  const every = Number(main.dataset.every ?? 0);
  // What is over changes no more.
  if (every > 0) setInterval(() => { if (!document.hidden && !main.querySelector("[data-over]")) refresh(); }, every * 1000);
}
if (live && !main.dataset.position) live.hidden = true;
enhance();
