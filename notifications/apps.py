from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts import addresses
        from notifications import channels  # models are there from here on

        addresses.follow(channels.follow_account)
