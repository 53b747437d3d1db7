from django.apps import AppConfig
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import refusals, roles  # models are there from here on

        post_migrate.connect(roles.make_groups)
        user_login_failed.connect(refusals.note)
