"""CloudEvents 1.0 in JSON: the envelope off, our own fields out of `data`.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and its HTTP binding.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext as _

REQUIRED = ("specversion", "id", "source", "type")
LONGEST = 1_000  # of an attribute


class BadCloudEventError(ValueError):
    """This is no CloudEvent, or none that carries JSON."""


@dataclass(frozen=True, slots=True)
class CloudEvent:
    key: str  # source and id: the same event has the same ones, however often it comes
    data: Any


def is_enveloped(value: Any) -> bool:
    """Tell whether a JSON value is meant to be a CloudEvent."""
    return isinstance(value, dict) and "specversion" in value


def structured(value: Any) -> CloudEvent:
    """Read an event in structured mode; raises BadCloudEventError."""
    if not isinstance(value, dict):
        raise BadCloudEventError(_("A CloudEvent is a JSON object."))
    _check(value)
    return CloudEvent(_key(value), _data(value))


def binary(headers: Mapping[str, str], data: Any) -> CloudEvent:
    """Read an event in binary mode: attributes in `ce-` headers, `data` as the body."""
    attributes = {name: headers.get(f"ce-{name}") for name in REQUIRED}
    _check({name: value for name, value in attributes.items() if value is not None})
    return CloudEvent(_key(attributes), data)


def _check(event: Mapping[str, Any]) -> None:
    for name in REQUIRED:
        value = event.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
            raise BadCloudEventError(_("A CloudEvent needs `%(name)s`, a text.") % {"name": name})
    if event["specversion"] != "1.0":
        why = _("specversion '%(given)s' is not 1.0.") % {"given": event["specversion"]}
        raise BadCloudEventError(why)


def _key(event: Mapping[str, Any]) -> str:
    return orjson.dumps([event["source"], event["id"]]).decode()


def _data(event: Mapping[str, Any]) -> Any:
    content_type = event.get("datacontenttype", "application/json")
    if not (isinstance(content_type, str) and "json" in content_type.lower()):
        why = _("`data` has to be JSON; `datacontenttype` says otherwise.")
        raise BadCloudEventError(why)
    if "data_base64" not in event:
        return event.get("data")
    try:
        return orjson.loads(base64.b64decode(event["data_base64"], validate=True))
    except (TypeError, binascii.Error, orjson.JSONDecodeError) as error:
        why = _("`data_base64` is not JSON in base64: %(error)s") % {"error": error}
        raise BadCloudEventError(why) from error
