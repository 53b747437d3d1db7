from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.models import TokenFamily, User

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    list_display = ("__str__", "name", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name", "external_id")
    readonly_fields = ("last_login", "created_at")
    exclude = ("password", "groups", "user_permissions")


@admin.register(TokenFamily)
class TokenFamilyAdmin(admin.ModelAdmin[TokenFamily]):
    list_display = ("user", "created_at", "last_used_at", "ended_at")
    raw_id_fields = ("user",)
    readonly_fields = ("created_at", "last_used_at")
