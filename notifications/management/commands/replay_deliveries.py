from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware, now

from notifications import replaying
from notifications.models import Channel, Delivery


class Command(BaseCommand):
    help = "Send deliveries once more that were given up (dead letters), or those that are named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="of deliveries; without: dead ones")
        parser.add_argument("--since", help="made since this time, such as 2026-03-01T12:00Z")
        parser.add_argument("--kind", choices=Channel.Kind.values)
        parser.add_argument("--channel", type=int, help="the number of a channel")
        parser.add_argument("--list", action="store_true", help="only say which they are")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Delivery.objects.filter(**_wanted(options))
        if not options["ids"]:
            rows = rows.filter(replaying.DEAD)
            if not (options["since"] or options["list"]):
                raise CommandError("Say which: numbers, or --since a time.")
        if options["list"]:
            for row in rows.order_by("pk"):
                self.stdout.write(f"{row.pk}\t{row.created_at:%Y-%m-%d %H:%M}\t{row}\t{row.reason}")
            return
        count = replaying.replay(rows, actor="command", now=now())
        self.stdout.write(f"{count} will be sent once more.")


def _wanted(options: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"pk__in": options["ids"]} if options["ids"] else {}
    if options["since"]:
        try:
            moment = parse_datetime(options["since"])
        except ValueError:
            moment = None
        if moment is None:
            raise CommandError(f"--since: '{options['since']}' is no time like 2026-03-01T12:00Z")
        wanted["created_at__gte"] = make_aware(moment) if is_naive(moment) else moment
    names = {"kind": "kind", "channel": "channel_id"}
    return wanted | {field: options[name] for name, field in names.items() if options[name]}
