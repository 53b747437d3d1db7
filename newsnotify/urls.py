"""Every route, written once without a slash at the end; both spellings answer."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import (
    SpectacularJSONAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)

from accounts.urls import api_urlpatterns as accounts_api
from accounts.views import admin_sign_in
from news.urls import api_urlpatterns as news_api
from newsnotify import failures, member_api, member_pages, metrics, probes, status
from newsnotify.lib.errors import api_not_found
from notifications.urls import api_urlpatterns as notifications_api
from subscriptions.urls import api_urlpatterns as subscriptions_api

handler500 = failures.server_error
urlpatterns = [
    path("livez", probes.livez),
    path("readyz", probes.readyz),
    path("metrics", metrics.metrics),
    path("status", status.StatusView.as_view(), name="status"),
    path("admin/login/", admin_sign_in),
    # Django's own would change it without a letter and without a word in the audit log.
    path("admin/password_change/", RedirectView.as_view(pattern_name="security")),
    path("admin/", admin.site.urls),
    path("api/v1/health", probes.HealthView.as_view()),
    path("api/v1/auth/me", member_api.MeView.as_view()),
    path("api/v1/auth/me/export", member_api.ExportView.as_view()),
    path(
        "api/v1/",
        include([*accounts_api, *news_api, *subscriptions_api, *notifications_api]),
    ),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view()),
    path("redoc", SpectacularRedocView.as_view()),
    path("api/v1", api_not_found),
    path("api/v1/<path:path>", api_not_found),
    path("settings/export", member_pages.ExportView.as_view(), name="export_account"),
    path("settings/delete", member_pages.DeleteView.as_view(), name="delete_account"),
    path("", include("newsnotify.short_paths")),
    path("", include("accounts.urls")),
    path("", include("news.urls")),
    path("", include("subscriptions.urls")),
    path("", include("notifications.urls")),
]
