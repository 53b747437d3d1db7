from django.urls import path

from notifications import (
    api,
    channel_views,
    channels_api,
    deliveries_api,
    events_api,
    notify_api,
    proofs_api,
    rule_views,
    rules_api,
    users_api,
    views,
)

api_urlpatterns = [
    path("notifications", api.NotificationListView.as_view()),
    path("notifications/counts", api.CountsView.as_view()),
    path("notifications/read", api.MarkReadView.as_view()),
    path("notifications/<int:pk>", api.NotificationView.as_view()),
    path("notifications/<int:pk>/status", notify_api.StatusView.as_view()),
    path("notifications/<int:pk>/deliveries", deliveries_api.OfNotificationView.as_view()),
    path("deliveries", deliveries_api.DeliveryListView.as_view()),
    path("deliveries/replay", deliveries_api.ReplayView.as_view()),
    path("deliveries/<int:pk>/replay", deliveries_api.ReplayOneView.as_view()),
    path("channels", channels_api.ChannelListView.as_view()),
    path("channels/<int:pk>", channels_api.ChannelView.as_view()),
    path("channels/<int:pk>/verify", proofs_api.VerifyView.as_view()),
    path("channels/<int:pk>/verify/resend", proofs_api.AskView.as_view()),
    path("channels/<int:pk>/test", channels_api.TestView.as_view()),
    path("channels/<int:pk>/secret", channels_api.SecretView.as_view()),
    path("channels/<int:pk>/outbox", channels_api.OutboxView.as_view()),
    path("channels/<int:pk>/messages", channels_api.MessagesView.as_view()),
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
    path("settings/channels", channel_views.ChannelsView.as_view(), name="channels"),
    path(
        "settings/channels/<int:pk>/verify",
        channel_views.CodeView.as_view(),
        name="prove_channel",
    ),
    path("settings/channels/<int:pk>/ask", channel_views.AskView.as_view(), name="ask_channel"),
    path("settings/channels/<int:pk>/test", channel_views.TestView.as_view(), name="try_channel"),
    path(
        "settings/channels/<int:pk>/switch",
        channel_views.SwitchView.as_view(),
        name="switch_channel",
    ),
    path(
        "settings/channels/<int:pk>/secret",
        channel_views.SecretView.as_view(),
        name="renew_channel",
    ),
    path(
        "settings/channels/<int:pk>/remove",
        channel_views.RemoveView.as_view(),
        name="remove_channel",
    ),
    path("channels/verify", channel_views.VerifyByLinkView.as_view(), name="verify_channel"),
    path("channels/stop", channel_views.StopView.as_view(), name="stop_channel"),
    path("rules/<int:pk>/apply", rule_views.ApplyRuleView.as_view(), name="apply_rule"),
    path("inbox/<int:pk>", views.OpenView.as_view(), name="open_notification"),
]
