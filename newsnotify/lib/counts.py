"""What a process counts of its own work, for `/metrics`; they begin at 0 with the process.

Counting costs about a microsecond. Labels take few values only: no ids, no raw paths.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "newsnotify_requests",
    "HTTP requests answered, by method, route and status.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "newsnotify_request_seconds",
    "Time to answer an HTTP request, by route.",
    ["route"],
    buckets=(0.01, 0.05, 0.25, 1, 5),  # every one is a series for each route and process
    registry=REGISTRY,
)
SOCKETS = Gauge("newsnotify_sockets_open", "WebSockets open.", registry=REGISTRY)
FRAMES = Counter("newsnotify_frames_sent", "Notifications sent to sockets.", registry=REGISTRY)
UNRUNG = Counter(
    "newsnotify_doorbells_not_rung",
    "Doorbells lost: what they would have announced waits for the next sweep.",
    ["bell"],
    registry=REGISTRY,
)
NOTIFICATIONS = Counter(
    "newsnotify_notifications_made", "Notifications put into inboxes.", registry=REGISTRY
)
DELIVERIES = Counter(
    "newsnotify_deliveries",
    "What came of attempts to deliver, by kind of channel.",
    ["kind", "result"],
    registry=REGISTRY,
)
CALLBACKS = Counter(
    "newsnotify_mail_callbacks",
    "What mail services told of letters, by service and what it was.",
    ["service", "result"],
    registry=REGISTRY,
)
LEDGER = Gauge(
    "newsnotify_ledger_difference",
    "Notifications and deliveries that should be there and are not; anything but 0 is a fault.",
    registry=REGISTRY,
)
CRAWLS = Counter(
    "newsnotify_crawls", "Sources crawled, by outcome.", ["outcome"], registry=REGISTRY
)

Family = tuple[str, str, str, list[tuple[str, dict[str, str], float]]]


def snapshot() -> list[Family]:
    """Tell name, kind, help and samples of everything counted, as plain data."""
    return [
        (
            family.name,
            family.type,
            family.documentation,
            [
                (sample.name, dict(sample.labels), sample.value)
                for sample in family.samples
                if not sample.name.endswith("_created")
            ],
        )
        for family in REGISTRY.collect()
    ]
