from django.urls import path

from notifications import api, events_api, notify_api, rule_views, rules_api, users_api, views

api_urlpatterns = [
    path("notifications", api.NotificationListView.as_view()),
    path("notifications/counts", api.CountsView.as_view()),
    path("notifications/read", api.MarkReadView.as_view()),
    path("notifications/<int:pk>", api.NotificationView.as_view()),
    path("notifications/<int:pk>/status", notify_api.StatusView.as_view()),
    path("rules/<int:pk>/apply", rules_api.ApplyView.as_view()),
    path("rules/<int:pk>/undo", rules_api.UndoView.as_view()),
    path("users/<str:name>", users_api.RecipientView.as_view()),
    path("users/<str:name>/notifications", notify_api.UserNotificationsView.as_view()),
    path("events", events_api.EventListView.as_view()),
    path("events/<int:pk>", events_api.EventView.as_view()),
]

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("inbox", views.InboxView.as_view(), name="inbox"),
    path("inbox/read", views.MarkReadView.as_view(), name="mark_read"),
    path("rules/<int:pk>/apply", rule_views.ApplyRuleView.as_view(), name="apply_rule"),
    path("inbox/<int:pk>", views.OpenView.as_view(), name="open_notification"),
]
