from django.urls import path
from django.views.generic import RedirectView

from accounts import (
    api,
    credentials_api,
    credentials_views,
    sessions_api,
    settings_views,
    users_api,
    views,
)
from accounts.oidc import views as oidc
from accounts.second_factor import api as factors_api
from accounts.second_factor import views as factors

api_urlpatterns = [
    path("auth/register", api.RegisterView.as_view()),
    path("auth/token", api.TokenView.as_view()),
    path("auth/login", oidc.LoginView.as_view(), name="oidc_login"),
    path("auth/callback", oidc.CallbackView.as_view(), name="oidc_callback"),
    path("auth/mfa", factors_api.FactorsView.as_view()),
    path("auth/mfa/totp", factors_api.AppView.as_view()),
    path("auth/mfa/totp/confirm", factors_api.ConfirmAppView.as_view()),
    path("auth/mfa/recovery-codes", factors_api.RecoveryCodesView.as_view()),
    path("auth/refresh", api.RefreshView.as_view()),
    path("auth/logout", api.LogoutView.as_view()),
    path("auth/me", api.MeView.as_view()),
    path("auth/sessions", sessions_api.SessionListView.as_view()),
    path("auth/sessions/<int:pk>", sessions_api.SessionView.as_view()),
    path("users", users_api.UserListView.as_view()),
    path("audit", users_api.AuditListView.as_view()),
    path("auth/verify", credentials_api.VerifyView.as_view()),
    path("auth/verify/resend", credentials_api.ResendView.as_view()),
    path("auth/email", credentials_api.EmailView.as_view()),
    path("auth/password/reset", credentials_api.AskResetView.as_view()),
    path("auth/password/reset/confirm", credentials_api.ResetView.as_view()),
    path("auth/password/change", credentials_api.ChangePasswordView.as_view()),
    path("keys", api.KeyListView.as_view()),
    path("keys/<int:pk>", api.KeyView.as_view()),
]

urlpatterns = [
    path("account/signup", views.SignUpView.as_view(), name="signup"),
    path("account/login", views.SignInView.as_view(), name="login"),
    path("account/second-step", factors.SecondStepView.as_view(), name="second_step"),
    path("account/logout", views.SignOutView.as_view(), name="logout"),
    path("account/verify", credentials_views.VerifyView.as_view(), name="verify"),
    path("account/password", credentials_views.ForgotView.as_view(), name="forgot_password"),
    path("account/password/reset", credentials_views.ResetView.as_view(), name="reset_password"),
    path("settings", RedirectView.as_view(pattern_name="profile"), name="settings"),
    path("settings/profile", settings_views.ProfileView.as_view(), name="profile"),
    path("settings/security", settings_views.SecurityView.as_view(), name="security"),
    path(
        "settings/security/password",
        settings_views.PasswordView.as_view(),
        name="change_password",
    ),
    path("settings/security/email", settings_views.EmailView.as_view(), name="change_email"),
    path("settings/security/verify", settings_views.ResendView.as_view(), name="resend"),
    path("settings/security/app", factors.AppView.as_view(), name="app"),
    path("settings/security/passkeys", factors.AddPasskeyView.as_view(), name="add_passkey"),
    path("settings/security/passkeys/<int:pk>", factors.PasskeyView.as_view(), name="passkey"),
    path(
        "settings/security/recovery-codes",
        factors.RecoveryCodesView.as_view(),
        name="recovery_codes",
    ),
    path(
        "settings/security/sign-ins/end",
        settings_views.EndOtherSignInsView.as_view(),
        name="end_other_sign_ins",
    ),
    path(
        "settings/security/sign-ins/<int:pk>/end",
        settings_views.EndSignInView.as_view(),
        name="end_sign_in",
    ),
]
