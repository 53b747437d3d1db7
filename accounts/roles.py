"""Roles as Django knows them: a group of permissions each, which `User.role` names."""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from accounts.models import Role

LOOKING = {"view_topic", "view_source", "view_article"}
EDITING = {
    f"{verb}_{model}" for verb in ("add", "change", "delete") for model in ("topic", "source")
}
RIGHTS = {
    Role.READER: Q(codename__in=LOOKING),
    Role.EDITOR: Q(codename__in=LOOKING | EDITING | {"view_fetch"}),
    Role.ADMIN: Q(),  # all there are
}
EDITS_NEWS, CHANGES_USERS = "news.change_source", "accounts.change_user"


def make_groups(app_config: AppConfig, using: str, **_: Any) -> None:
    """Give each role's group its permissions, after a migration made the last of them."""
    if app_config is not list(apps.get_app_configs())[-1]:
        return
    for role, rights in RIGHTS.items():
        group, _is_new = Group.objects.using(using).get_or_create(name=role.value)
        group.permissions.set(Permission.objects.using(using).filter(rights))
