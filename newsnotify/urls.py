"""Every route, written once without a slash at the end; both spellings answer."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import (
    SpectacularJSONAPIView,
    SpectacularRedocView,
    SpectacularSwaggerView,
)

from accounts.urls import api_urlpatterns as accounts_api
from news.urls import api_urlpatterns as news_api
from newsnotify import failures, metrics, probes, status
from newsnotify.lib.errors import api_not_found
from notifications.urls import api_urlpatterns as notifications_api
from subscriptions.urls import api_urlpatterns as subscriptions_api

handler500 = failures.server_error
urlpatterns = [
    path("livez", probes.livez),
    path("readyz", probes.readyz),
    path("metrics", metrics.metrics),
    path("status", status.StatusView.as_view(), name="status"),
    path("admin/", admin.site.urls),
    path("api/v1/health", probes.HealthView.as_view()),
    path(
        "api/v1/",
        include([*accounts_api, *news_api, *subscriptions_api, *notifications_api]),
    ),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view()),
    path("redoc", SpectacularRedocView.as_view()),
    path("api/v1", api_not_found),
    path("api/v1/<path:path>", api_not_found),
    path("", include("newsnotify.short_paths")),
    path("", include("accounts.urls")),
    path("", include("news.urls")),
    path("", include("subscriptions.urls")),
    path("", include("notifications.urls")),
]
