from django.urls import path

from notifications import (
    api,
    channels_api,
    deliveries_api,
    events_api,
    explain_api,
    explain_views,
    notify_api,
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
    path("notifications/<int:pk>/explain", explain_api.OfNotificationView.as_view()),
    path("articles/<int:pk>/explain", explain_api.OfArticleView.as_view()),
    path("deliveries", deliveries_api.DeliveryListView.as_view()),
    path("deliveries/replay", deliveries_api.ReplayView.as_view()),
    path("deliveries/<int:pk>/replay", deliveries_api.ReplayOneView.as_view()),
    path("channels", channels_api.ChannelListView.as_view()),
    path("channels/<int:pk>", channels_api.ChannelView.as_view()),
    path("channels/<int:pk>/test", channels_api.TestView.as_view()),
    path("channels/<int:pk>/secret", channels_api.SecretView.as_view()),
    path("channels/<int:pk>/outbox", channels_api.OutboxView.as_view()),
    path("channels/<int:pk>/messages", channels_api.MessagesView.as_view()),
    path("users/<str:name>", users_api.RecipientView.as_view()),
    path("users/<str:name>/notifications", notify_api.UserNotificationsView.as_view()),
    path("events", events_api.EventListView.as_view()),
    path("events/<int:pk>", events_api.EventView.as_view()),
    path("events/<int:pk>/explain", explain_api.OfEventView.as_view()),
]

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("inbox", views.InboxView.as_view(), name="inbox"),
    path("inbox/read", views.MarkReadView.as_view(), name="mark_read"),
    path("inbox/<int:pk>", views.OpenView.as_view(), name="open_notification"),
    path("inbox/<int:pk>/why", explain_views.NotificationView.as_view(), name="why_told"),
    path("articles/<int:pk>/why", explain_views.ArticleView.as_view(), name="why_article"),
]
