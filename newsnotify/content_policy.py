"""What pages may do, as settings: ours only what they name, and without inline code."""

from typing import Any

from csp.constants import NONCE

UNUSED_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb",
)  # fmt: skip
_media = ["'self'", "https:", "http:", "data:"]  # articles show their publishers' pictures
OURS: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [NONCE],
        "style-src": ["'self'"],
        "img-src": _media,
        "media-src": _media,
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}
# Pages that others made, and what they do not work without.
_others: dict[str, Any] = {
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
}
EASED: dict[str, dict[str, Any]] = {
    "/admin/": {**_others, "script-src": ["'self'", "'unsafe-eval'"]},
    "/docs": _others,
    "/redoc": {**_others, "worker-src": ["'self'", "blob:"]},
    "browsable API": _others,
}
