from django.urls import path

from subscriptions import api, center_views, opml_api, opml_views, preview_api, rules_api, views

api_urlpatterns = [
    path("subscriptions", api.SubscriptionListView.as_view()),
    path("subscriptions/bulk", api.BulkView.as_view()),
    path("subscriptions/import", opml_api.ImportView.as_view()),
    path("subscriptions/export", opml_api.ExportView.as_view()),
    path("subscriptions/preview", preview_api.PreviewView.as_view()),
    path("subscriptions/<int:pk>", api.SubscriptionView.as_view()),
    path("rules", rules_api.RuleListView.as_view()),
    path("rules/<int:pk>", rules_api.RuleView.as_view()),
    path("preferences", api.PreferencesView.as_view()),
]

urlpatterns = [
    path("topics", views.TopicListView.as_view(), name="topics"),
    path("topics/<slug:slug>/follow", views.FollowTopicView.as_view(), name="follow_topic"),
    path("sources", views.SourceListView.as_view(), name="sources"),
    path("sources/<int:pk>/follow", views.FollowSourceView.as_view(), name="follow_source"),
    path("subscriptions", center_views.SubscriptionListView.as_view(), name="subscriptions"),
    path("subscriptions/preview", center_views.PreviewView.as_view(), name="preview"),
    path("subscriptions/import", opml_views.ImportView.as_view(), name="import_opml"),
    path("subscriptions/export", opml_views.ExportView.as_view(), name="export_opml"),
    path("subscriptions/unfollow", center_views.UnfollowView.as_view(), name="unfollow"),
    path("subscriptions/<int:pk>", center_views.ChangeView.as_view(), name="change_subscription"),
    path("rules/<int:pk>", center_views.RuleView.as_view(), name="change_rule"),
]
