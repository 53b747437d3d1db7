from django.urls import path

from accounts import api, views

api_urlpatterns = [
    path("auth/register", api.RegisterView.as_view()),
    path("auth/token", api.TokenView.as_view()),
    path("auth/refresh", api.RefreshView.as_view()),
    path("auth/logout", api.LogoutView.as_view()),
    path("auth/me", api.MeView.as_view()),
    path("keys", api.KeyListView.as_view()),
    path("keys/<int:pk>", api.KeyView.as_view()),
]

urlpatterns = [
    path("account/signup", views.SignUpView.as_view(), name="signup"),
    path("account/login", views.SignInView.as_view(), name="login"),
    path("account/logout", views.SignOutView.as_view(), name="logout"),
]
