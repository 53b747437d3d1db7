import os
import shutil
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from accounts.models import User
from accounts.services import register
from news.models import Source, Topic
from news.services import add_source
from newsnotify.demo.invention import TOPICS
from newsnotify.demo.publisher import Publisher
from subscriptions.services import follow_topic

EMAIL, PASSWORD = "demo@example.org", "demo of news"
DATA_DIR = "var/demo"
ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "DATA_DIR": DATA_DIR,
    "OUTBOUND_ALLOW": "127.0.0.1",
    "SEED_SOURCES": "0",
    "DEMO_GENERATOR_SECONDS": "60",
}
_PASSED_ON = ("HOST", "PORT", "PUBLIC_URL", "LOG_LEVEL", "LOG_FORMAT")
_SYSTEM = ("PATH", "HOME", "LANG", "TZ", "SYSTEMROOT", "TMPDIR")


class Command(BaseCommand):
    help = "Show it all on invented news and a demo person; begins anew at every start."

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("DATA_DIR") != DATA_DIR:
            self._start_again_in_a_world_of_its_own()
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
        settings.DATA_DIR.mkdir(parents=True)
        call_command("migrate", verbosity=0, interactive=False)
        publisher = Publisher()
        publisher.start()
        self._furnish(publisher)
        self.stdout.write(f"\nSign in as {EMAIL} with the password: {PASSWORD}\n\n")
        call_command("up")

    def _start_again_in_a_world_of_its_own(self) -> None:
        """Begin anew without the operator's settings: the demo must not touch his data."""
        kept = {name: os.environ[name] for name in (*_SYSTEM, *_PASSED_ON) if name in os.environ}
        os.execve(sys.executable, [sys.executable, *sys.argv], {**kept, **ENVIRONMENT})  # noqa: S606

    def _furnish(self, publisher: Publisher) -> None:
        person: User = register(email=EMAIL, password=PASSWORD, name="Demo")
        for slug in TOPICS:
            topic = Topic.objects.get(slug=slug)
            source, _ = add_source(url=publisher.feed_url(slug), topic=topic)
            Source.objects.filter(pk=source.pk).update(interval_seconds=3, next_fetch_at=now())
            follow_topic(user=person, topic=topic)
