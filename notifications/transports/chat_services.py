"""Which chats may be written to, through Apprise: services whose host is fixed, and no others.

Apprise speaks with over a hundred; where the address names the host, its sender could reach any
machine from ours, and some options read files. So what is not listed is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:  # loading it takes a tenth of a second and 8 MB, which few processes need
    from apprise import NotifyBase


@dataclass(frozen=True, slots=True)
class Service:
    """A service, the class of Apprise that speaks with it, and the only hosts it is at."""

    name: str
    module: str
    class_name: str
    hosts: frozenset[str]

    def plugin(self) -> type[NotifyBase]:
        found: type[NotifyBase] = getattr(import_module(self.module), self.class_name)
        return found


def _service(name: str, module: str, class_name: str, *hosts: str) -> Service:
    return Service(name, f"apprise.plugins.{module}", class_name, frozenset(hosts))


SERVICES: dict[str, Service] = {
    "discord": _service("Discord", "discord", "NotifyDiscord", "discord.com"),
    "slack": _service("Slack", "slack", "NotifySlack", "hooks.slack.com", "slack.com"),
    "tgram": _service("Telegram", "telegram", "NotifyTelegram", "api.telegram.org"),
    "gchat": _service("Google Chat", "google_chat", "NotifyGoogleChat", "chat.googleapis.com"),
    "webex": _service(
        "Webex", "webexteams", "NotifyWebexTeams", "api.ciscospark.com", "webexapis.com"
    ),
    "line": _service("LINE", "line", "NotifyLine", "api.line.me"),
    "pover": _service("Pushover", "pushover", "NotifyPushover", "api.pushover.net"),
    "pbul": _service("Pushbullet", "pushbullet", "NotifyPushBullet", "api.pushbullet.com"),
    "prowl": _service("Prowl", "prowl", "NotifyProwl", "api.prowlapp.com"),
    "psafers": _service("Pushsafer", "pushsafer", "NotifyPushSafer", "www.pushsafer.com"),
    "spush": _service("SimplePush", "simplepush", "NotifySimplePush", "api.simplepu.sh"),
    "join": _service("Join", "join", "NotifyJoin", "joinjoaomgcd.appspot.com"),
    "ifttt": _service("IFTTT", "ifttt", "NotifyIFTTT", "maker.ifttt.com"),
    "dingtalk": _service("DingTalk", "dingtalk", "NotifyDingTalk", "oapi.dingtalk.com"),
    "feishu": _service("Feishu", "feishu", "NotifyFeishu", "open.feishu.cn"),
    "lark": _service("Lark", "lark", "NotifyLark", "open.larksuite.com"),
    "wecombot": _service("WeCom", "wecombot", "NotifyWeComBot", "qyapi.weixin.qq.com"),
    "schan": _service("ServerChan", "serverchan", "NotifyServerChan", "sctapi.ftqq.com"),
    "chanify": _service("Chanify", "chanify", "NotifyChanify", "api.chanify.net"),
}
# What may stand in the query. Others name hosts, files or how certificates are looked at.
OPTIONS = {"thread", "topic", "silent", "preview", "priority", "sound", "avatar", "footer"}
KEYS = {"key", "token"}  # of addresses that the services hand out themselves
LONGEST = 1000
NAMES = ", ".join(sorted((service.name for service in SERVICES.values()), key=str.casefold))


@dataclass(frozen=True, slots=True)
class Chat:
    """A place in a service, as Apprise's URL names it: the URL is its secret."""

    service: Service
    parts: Mapping[str, Any]
    url: str


def chat_of(url: str) -> Chat:
    """Read a chat's URL, Apprise's or the service's own; raises ValidationError with the reason."""
    url = url.strip()
    if len(url) > LONGEST or not url.isprintable():
        raise ValidationError(_("This is no address of a chat."))
    scheme, mark, _rest = url.partition("://")
    if not mark:
        raise ValidationError(_("An address of a chat begins with its service, as in discord://…"))
    if scheme.lower() in {"https", "http"}:
        return _own(url)
    service = SERVICES.get(scheme.lower())
    if service is None:
        raise ValidationError(
            _("'%(scheme)s' is none of the services that may be written to: %(names)s.")
            % {"scheme": scheme[:20], "names": NAMES}
        )
    return _checked(service, service.plugin().parse_url(url), url)


def _own(url: str) -> Chat:
    """Find whose web hook this is: Discord, Slack and others hand out addresses of their own."""
    for service in SERVICES.values():
        parts = service.plugin().parse_native_url(url)
        if parts:
            return _checked(service, parts, url, OPTIONS | KEYS)
    raise ValidationError(
        _("This is no web hook of a chat we know. For a server of your own, add a webhook.")
    )


def _checked(
    service: Service, parts: Any, url: str, options: Collection[str] = frozenset(OPTIONS)
) -> Chat:
    refused = ValidationError(
        _("%(name)s cannot be reached by this address: something is missing in it.")
        % {"name": service.name}
    )
    if not isinstance(parts, dict):
        raise refused
    given = {key for kind in ("qsd", "qsd+", "qsd-", "qsd:") for key in parts.get(kind) or {}}
    if unknown := sorted(given - set(options)):
        raise ValidationError(
            _("'%(option)s' may not be set; these may: %(options)s.")
            % {"option": unknown[0][:50], "options": ", ".join(sorted(OPTIONS))}
        )
    chat = Chat(service, parts, url)
    try:
        plugin = plugin_of(chat)
    except TypeError as error:  # of which Apprise makes everything that is wrong with a URL
        raise refused from error
    is_nobody = hasattr(plugin, "detect_owner") and not getattr(plugin, "targets", ())
    if is_nobody or len(plugin) != 1:  # of several some could be told and others not
        raise ValidationError(_("The address has to name one place to write to."))
    return chat


def plugin_of(chat: Chat) -> NotifyBase:
    """Make what sends, on our terms; raises TypeError when Apprise cannot use the parts."""
    from notifications.transports import apprising

    return chat.service.plugin()(asset=apprising.asset(), **{**chat.parts, **apprising.TERMS})


def masked(chat: Chat) -> str:
    """Name a chat so that its owner knows it again and nobody else can use it."""
    plugin: Any = plugin_of(chat)
    url: str = plugin.url(privacy=True)
    return f"{chat.service.name} ({url.partition('://')[2].partition('?')[0].strip('/')})"
