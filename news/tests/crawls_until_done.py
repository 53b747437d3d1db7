"""A process that crawls what is due until nothing is new, beside others that do the same."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")
    import django

    django.setup()

    from news import services
    from news.models import Source

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    count = 0
    while Source.objects.filter(last_fetched_at=None).exists():
        count += services.crawl_due()
    sys.stdout.write(f"{count}\n")
