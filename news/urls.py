from django.urls import path

from news import api, opml_api, views

api_urlpatterns = [
    path("topics", api.TopicListView.as_view()),
    path("topics/<slug:slug>", api.TopicView.as_view()),
    path("sources", api.SourceListView.as_view()),
    path("sources/import", opml_api.ImportView.as_view()),
    path("sources/export", opml_api.ExportView.as_view()),
    path("sources/<int:pk>", api.SourceView.as_view()),
    path("sources/<int:pk>/crawl", api.CrawlView.as_view()),
    path("sources/<int:pk>/fetches", api.FetchListView.as_view()),
    path("articles", api.ArticleListView.as_view()),
    path("articles/<int:pk>", api.ArticleView.as_view()),
    path("articles/<int:pk>/revisions", api.RevisionListView.as_view()),
]

urlpatterns = [
    path("articles", views.ArticleListView.as_view(), name="articles"),
    path("articles/<int:pk>", views.ArticleView.as_view(), name="article"),
    path("articles/<int:pk>/changes", views.ChangesView.as_view(), name="changes"),
    path("sources/<int:pk>", views.SourceView.as_view(), name="source"),
]
