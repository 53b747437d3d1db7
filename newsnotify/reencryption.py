"""What is stored encrypted, written anew by the present secret key."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from newsnotify.lib.encryption import DecryptionError, EncryptedField
from notifications import channels
from notifications.models import Channel


def renew() -> tuple[int, int]:
    """Encrypt everything by the present key. Returns how many texts, and how many are lost."""
    done, lost = _reseal_channels()
    for model, name in _encrypted_columns():
        rows = model._default_manager.exclude(**{name: ""})
        for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
            try:
                done += _renew(rows.filter(pk=pk), name)
            except DecryptionError:
                lost += 1
    return done, lost


def _reseal_channels() -> tuple[int, int]:
    is_prepared = Channel._meta.db_table in connection.introspection.table_names()
    return channels.reseal() if is_prepared else (0, 0)


@transaction.atomic
def _renew(row: QuerySet[Model], name: str) -> int:
    text = row.select_for_update().values_list(name, flat=True).first()
    return row.update(**{name: text}) if text else 0


def _encrypted_columns() -> Iterator[tuple[type[Model], str]]:
    there = set(connection.introspection.table_names())  # before the first `migrate` none is
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedField) and model._meta.db_table in there:
                yield model, field.name
