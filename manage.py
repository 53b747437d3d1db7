#!/usr/bin/env python
import os
import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"NewsNotify runs on Python 3.11 to 3.13, this is {sys.version.split()[0]}: "
        "install one of those and start again with it, for example `python3.12 manage.py up`."
    )

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    from newsnotify.env import SettingError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
