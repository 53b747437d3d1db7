/*
 * The inbox grows while it is looked at, and the badge of every page counts along.
 *
 * The socket begins at the cursor the page was rendered with, and after a break at the last
 * cursor it saw, so nothing is missed; what comes twice is known by its id and shown once.
 */
const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 60_000, STEADY_MS = 10_000;

const list = document.querySelector("#notifications[data-live]");
const indicator = document.querySelector("#live");
const title = document.title;
const seen = new Set();
let since = document.body.dataset.since;
let socket, timer, openedAt = 0, failures = 0, isRefused = false;

function connect() {
  clearTimeout(timer);
  if (isRefused || (socket && socket.readyState < WebSocket.CLOSING)) return;
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("since", since);
  socket = new WebSocket(url);
  socket.onopen = () => { openedAt = Date.now(); show("on"); };
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = closed;
}

function closed({ code }) {
  show("off");
  isRefused = code >= 4500 && code <= 4999; // signed out: asking again would not help
  if (isRefused && indicator) indicator.hidden = true;
  // Who is turned away right after the handshake comes back slowly too.
  if (openedAt && Date.now() - openedAt > STEADY_MS) failures = 0;
  openedAt = 0;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
  timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
}

function connectAtOnce() {
  if (document.hidden || !navigator.onLine) return;
  failures = 0;
  connect();
}

function show(state) {
  if (!indicator) return;
  indicator.hidden = false;
  indicator.dataset.state = state;
}

function receive(notification) {
  since = notification.cursor ?? since;
  const id = String(notification.id);
  if (seen.has(id)) return;
  seen.add(id);
  if (!notification.read) count(badge().dataset.count - 0 + 1);
  if (list && !document.getElementById(`notification-${id}`)) add(notification);
}

/** Put a copy of the page's own row at the top; texts enter as text, never as markup. */
function add(notification) {
  const name = notification.read ? "read" : "unread";
  const row = document.querySelector(`template[data-row=${name}]`).content.cloneNode(true)
    .firstElementChild;
  for (const [field, text] of Object.entries(texts(notification))) {
    const part = row.querySelector(`[data-field=${field}]`);
    part.textContent = text;
    part.hidden = !text;
  }
  for (const part of row.querySelectorAll("[data-priority]")) {
    part.hidden = part.dataset.priority !== notification.priority;
  }
  date(row.querySelector("time"), new Date(notification.created_at));
  number(row, notification.id);
  document.querySelector("[data-empty]")?.remove();
  list.prepend(row);
  document.dispatchEvent(new Event("times")); // page.js says how long ago
  window.htmx?.process(row);
  row.classList.add("is-new");
  const arrived = document.querySelector("#arrived");
  arrived.textContent = `${arrived.dataset.text} ${row.querySelector("h2").textContent}`;
}

function texts({ title: heading, message, topic, category, source_title: source }) {
  const known = document.querySelector(`#topic-names option[value="${CSS.escape(topic ?? "")}"]`);
  return {
    title: heading || message,
    message: heading && message !== heading ? message : "",
    topic: known?.label ?? topic ?? "",
    source: source ?? "",
    category: category === "general" ? "" : category,
  };
}

function date(time, moment) {
  time.dateTime = moment.toISOString();
  time.title = moment.toLocaleString(document.documentElement.lang);
}

/** The blank row carries the id 0. */
function number(row, id) {
  row.id = `notification-${id}`;
  for (const link of row.querySelectorAll("a")) {
    link.href = link.getAttribute("href").replace(/0(?=$|\/why$)/, id);
  }
  row.querySelector("form").elements.notification.value = id;
  row.querySelector("button").id = `mark-${id}`;
}

const badge = () => document.querySelector("#unread"); // htmx swaps it, so look each time

function count(unread) {
  badge().dataset.count = unread;
  badge().hidden = unread < 1;
  badge().textContent = unread > 99 ? "99+" : unread;
  retitle();
}

function retitle() {
  const unread = Number(badge().dataset.count);
  document.title = unread ? `(${unread > 99 ? "99+" : unread}) ${title}` : title;
}

/* Read marks made in other tabs do not come by this socket. */
async function recount() {
  const answer = await fetch("/api/v1/notifications/counts").catch(() => null);
  if (answer?.ok) count((await answer.json()).unread);
}

function cameBack() {
  if (document.hidden) return;
  connectAtOnce();
  recount();
}

document.addEventListener("visibilitychange", cameBack);
addEventListener("online", connectAtOnce);
document.body.addEventListener("htmx:afterSettle", retitle);
/* An open socket would keep the page out of the browser's back-forward cache. */
addEventListener("pagehide", () => { socket.onclose = null; socket.close(); clearTimeout(timer); });
addEventListener("pageshow", ({ persisted }) => persisted && cameBack());

retitle();
connect();
